// SPDX-License-Identifier: BSL-1.0
// Turns a policy of the weights slot into the formats of a model's tensors: one format if all tensors have the same,
// else mixed_formats: the list of formats in use, and for each tensor an index into it.
// Refuses to check the policy: weights_check (policy/quantize.hpp) does.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <tuple>
#include <type_traits>
#include <utility>

#include "mote/model/formats.hpp"
#include "mote/model/shape.hpp"
#include "mote/policy/quantize.hpp"

namespace mote::inline v0 {

namespace detail {

/// Splits a policy into a default (number 0) and the entries of mixed<> (numbers from 1 on). holder() gives the number
/// that applies to a tensor: the last entry that holds it, else 0.
template <class Policy>
struct entries_of {
  static constexpr std::size_t policies = 1;
  template <std::size_t>
  using policy = Policy;
  static constexpr std::size_t holder(tensor_place) { return 0; }
};
template <class Default, class... Entries>
struct entries_of<mixed<Default, Entries...>> {
  static constexpr std::size_t policies = 1 + sizeof...(Entries);
  template <std::size_t Index>
  using policy = std::tuple_element_t<Index, std::tuple<Default, typename Entries::policy...>>;
  static constexpr std::size_t holder([[maybe_unused]] tensor_place t) {
    std::size_t found = 0;
    std::size_t i = 0;
    ((++i, found = Entries::holds(t) ? i : found), ...);
    return found;
  }
};

template <class... Candidates>
struct candidate_list {
  /// The index of the first candidate that is F.
  template <class F>
  static constexpr std::size_t first_like() {
    std::size_t at = sizeof...(Candidates);
    std::size_t i = 0;
    ((at = at == sizeof...(Candidates) && std::is_same_v<F, Candidates> ? i : at, ++i), ...);
    return at;
  }
  static constexpr std::array<std::size_t, sizeof...(Candidates)> canonical{first_like<Candidates>()...};
};

/// The distinct row lengths of a family's matrices. The first is S.dim, that of the embedding and the head.
template <class Family, shape S>
struct row_lengths {
  std::array<std::size_t, 1 + tensors_of<Family>::matrices> all{S.dim};
  std::size_t count = 1;
  consteval row_lengths() {
    for (std::size_t i = 0; i < tensors_of<Family>::matrices; ++i)
      if (const std::size_t cols = tensors_of<Family>::size(S, i).cols; find(cols) == count) all[count++] = cols;
  }
  constexpr std::size_t find(std::size_t cols) const {
    std::size_t i = 0;
    while (i < count && all[i] != cols) ++i;
    return i;
  }
};

template <class Policy, shape S, std::size_t Rows, class Family>
struct binding {
  using entries = entries_of<Policy>;
  using tensors = tensors_of<Family>;
  using layers = typename Family::layer;
  // One candidate for each policy and row length, because format<Rows, Cols> may depend on the length.
  static constexpr row_lengths<Family, S> lengths{};
  static constexpr std::size_t candidates = lengths.count * entries::policies;
  template <std::size_t Index>
  using candidate =
      typename entries::template policy<Index / lengths.count>::template format<Rows,
                                                                                lengths.all[Index % lengths.count]>;

  /// For each candidate, the index of the first candidate that is the same format.
  static constexpr auto canonical = []<std::size_t... Index>(std::index_sequence<Index...>) {
    return candidate_list<candidate<Index>...>::canonical;
  }(std::make_index_sequence<candidates>{});

  static constexpr std::size_t of(tensor_place t) {
    const std::size_t cols = t.kind == tensor_place::block ? size_of<Family>(S, t.which).cols : S.dim;
    return canonical[lengths.count * entries::holder(t) + lengths.find(cols)];
  }
  static constexpr tensor_place head_place() {
    return {.kind = S.tied_head ? tensor_place::embedding : tensor_place::head};
  }

  struct survey {
    std::array<bool, candidates> used{};
    std::size_t count = 0;
    bool layers_alike = true;
  };
  static constexpr survey found = [] {
    survey s;
    const auto use = [&s](std::size_t i) {
      if (!s.used[i]) ++s.count;
      s.used[i] = true;
    };
    use(of({.kind = tensor_place::embedding}));
    use(of(head_place()));
    for (std::size_t layer = 0; layer < S.layers; ++layer)
      for (std::size_t i = 0; i < tensors::matrices; ++i) {
        if (!tensors::has_matrix(layers::kind_of(layer), i)) continue;
        const std::size_t here = of({.layer = layer, .which = tensors::matrix(i)});
        use(here);
        for (std::size_t first = 0; first < layer; ++first)  // the first layer that has it
          if (tensors::has_matrix(layers::kind_of(first), i)) {
            s.layers_alike = s.layers_alike && here == of({.layer = first, .which = tensors::matrix(i)});
            break;
          }
      }
    return s;
  }();
  static constexpr auto in_use = [] {
    std::array<std::size_t, found.count> list{};
    std::size_t n = 0;
    for (std::size_t i = 0; i < candidates; ++i)
      if (found.used[i]) list[n++] = i;
    return list;
  }();
  static constexpr auto choice = [] {
    format_choice<found.layers_alike ? 1 : S.layers, tensors::matrices> c;
    const auto place = [](tensor_place t) {
      std::size_t n = 0;
      while (in_use[n] != of(t)) ++n;
      return static_cast<std::uint8_t>(n);
    };
    c.embedding = place({.kind = tensor_place::embedding});
    c.head = place(head_place());
    for (std::size_t layer = 0; layer < S.layers; ++layer)
      for (std::size_t i = 0; i < tensors::matrices; ++i)
        if (tensors::has_matrix(layers::kind_of(layer), i))
          c.block[layer % c.layers][i] = place({.layer = layer, .which = tensors::matrix(i)});
    return c;
  }();

  template <class Sequence>
  struct list;
  template <std::size_t... N>
  struct list<std::index_sequence<N...>> {
    using type = mixed_formats<choice, candidate<in_use[N]>...>;
  };
  template <std::size_t Count, class = void>
  struct result : list<std::make_index_sequence<Count>> {};
  template <class Unused>
  struct result<1, Unused> {
    using type = candidate<in_use[0]>;
  };
  using type = typename result<found.count>::type;
};

}  // namespace detail

/// The formats that Policy gives a model of shape S with Rows rows interleaved: a format, or mixed_formats.
template <class Policy, shape S, std::size_t Rows, class Family = llama>
using bind_formats = typename detail::binding<Policy, S, Rows, Family>::type;

}  // namespace mote::inline v0
