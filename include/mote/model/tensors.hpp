// SPDX-License-Identifier: BSL-1.0
// The list of a family's tensors, collected from its blocks. Maps, formats, adapters and gradients iterate over it.
//   a block:        static constexpr auto matrices(const shape& s) { return std::array{matrix_tensor{role::up, ...}}; }
//                   static constexpr auto vectors(const shape& s) { return std::array{vector_tensor{...}}; }
//   a composition:  using parts = part_list<Norm, Inner>;
// Matrices and vectors are numbered across all kinds of layers, in the order of the blocks; has_matrix() and
// has_vector() say which of them a kind has. The biases of a block's matrices come after its vectors.
// Refuses one name for two tensors of a layer.
#pragma once

#include <array>
#include <cstddef>
#include <tuple>
#include <type_traits>
#include <utility>

#include "mote/config.hpp"
#include "mote/model/role.hpp"
#include "mote/model/shape.hpp"

namespace mote::inline v0 {

struct llama;  // the family of a model that names none

/// Logits are the products of the head's matrix (block/head.hpp has more).
struct plain_head {};

/// The parts of a composition of blocks.
template <class... Blocks>
struct part_list {};

namespace detail {

template <class A, class B>
struct appended;
template <class... A, class... B>
struct appended<part_list<A...>, part_list<B...>> {
  using type = part_list<A..., B...>;
};
/// A block and all its parts, in order.
template <class Block>
struct blocks_in {
  using type = part_list<Block>;
};
template <class List>
struct blocks_of_all;
template <>
struct blocks_of_all<part_list<>> {
  using type = part_list<>;
};
template <class First, class... Others>
struct blocks_of_all<part_list<First, Others...>> {
  using type =
      typename appended<typename blocks_in<First>::type, typename blocks_of_all<part_list<Others...>>::type>::type;
};
template <class Block>
  requires requires { typename Block::parts; }
struct blocks_in<Block> {
  using type = typename appended<part_list<Block>, typename blocks_of_all<typename Block::parts>::type>::type;
};

template <class Block>
MOTE_INLINE constexpr auto matrices_of(const shape& s) {
  if constexpr (requires { Block::matrices(s); }) return Block::matrices(s);
  else return std::array<matrix_tensor, 0>{};
}
template <class Block>
MOTE_INLINE constexpr auto vectors_of(const shape& s) {
  if constexpr (requires { Block::vectors(s); }) return Block::vectors(s);
  else return std::array<vector_tensor, 0>{};
}

/// A tensor of the list: its name and the block that declares it.
template <class Name>
struct listed {
  Name which{};
  std::size_t block = 0;  // index in the list of blocks
  std::size_t place = 0;  // index in what that block declares
  bool is_bias = false;   // the bias of that block's matrix `place`
  vector_role bias = vector_role::none;
  bool is_table = false;
};
template <class Name>
struct listing {
  static constexpr std::size_t most = 64;
  std::array<listed<Name>, most> all{};
  std::size_t count = 0;
  constexpr std::size_t find(Name which) const {
    std::size_t i = 0;
    while (i < count && all[i].which != which) ++i;
    return i;
  }
  /// Returns true, and adds nothing, if the name is in the list already.
  constexpr bool add(const listed<Name>& t) {
    if (find(t.which) < count) return true;
    all[count++] = t;
    return false;
  }
};
struct listings {
  listing<role> matrices;
  listing<vector_role> vectors;
  bool twice = false;
};

template <class List>
struct gathered;
template <class... Blocks>
struct gathered<part_list<Blocks...>> {
  template <std::size_t I>
  using block = std::tuple_element_t<I, std::tuple<Blocks...>>;

  static constexpr listings all = [] {
    listings l;
    std::size_t at = 0;
    const auto take = [&]<class Block>(std::type_identity<Block>) {
      const auto matrices = matrices_of<Block>(shape{.heads = 1, .kv_heads = 1});
      const auto vectors = vectors_of<Block>(shape{.heads = 1, .kv_heads = 1});
      for (std::size_t i = 0; i < vectors.size(); ++i)
        l.twice |= l.vectors.add({.which = vectors[i].which, .block = at, .place = i});
      for (std::size_t i = 0; i < matrices.size(); ++i) {
        l.twice |= l.matrices.add({matrices[i].which, at, i, false, matrices[i].bias, matrices[i].is_table});
        if (matrices[i].bias != vector_role::none)
          l.twice |= l.vectors.add({.which = matrices[i].bias, .block = at, .place = i, .is_bias = true});
      }
      ++at;
    };
    (take(std::type_identity<Blocks>{}), ...);
    return l;
  }();

  template <std::size_t Index>
  MOTE_INLINE static constexpr matrix_size matrix(const shape& s) {
    constexpr auto t = all.matrices.all[Index];
    const auto stated = matrices_of<block<t.block>>(s);
    return {stated[t.place].rows, stated[t.place].cols};
  }
  template <std::size_t Index>
  MOTE_INLINE static constexpr std::size_t floats(const shape& s) {
    constexpr auto t = all.vectors.all[Index];
    if constexpr (t.is_bias) return matrices_of<block<t.block>>(s)[t.place].rows;
    else return vectors_of<block<t.block>>(s)[t.place].floats;
  }
};

template <class Layer, class Kinds>
struct kinds_of;
template <class Layer, std::size_t... Kind>
struct kinds_of<Layer, std::index_sequence<Kind...>> {
  using blocks = typename blocks_of_all<part_list<typename Layer::template kind<Kind>...>>::type;
  static constexpr std::array<listings, sizeof...(Kind)> each{
      gathered<typename blocks_in<typename Layer::template kind<Kind>>::type>::all...};
  static constexpr bool twice = (each[Kind].twice || ...);
};

template <class Family>
struct named_head {
  using type = plain_head;
};
template <class Family>
  requires requires { typename Family::head; }
struct named_head<Family> {
  using type = typename Family::head;
};
}  // namespace detail

/// What is done to the logits after the head's matrix: the family's member type `head`, else nothing.
template <class Family>
using head_of = typename detail::named_head<Family>::type;

template <class Family>
inline constexpr bool changes_logits = !std::is_same_v<head_of<Family>, plain_head>;

/// The tensors of a family by number: names, sizes, and which kinds of layers have them.
template <class Family>
class tensors_of {
  using layer = typename Family::layer;
  using of_kinds = detail::kinds_of<layer, std::make_index_sequence<layer::kinds>>;
  using in_layers = detail::gathered<typename of_kinds::blocks>;
  using in_model = detail::gathered<typename detail::blocks_of_all<
      part_list<typename Family::embedding, typename Family::last_norm, head_of<Family>>>::type>;
  static_assert(
      !of_kinds::twice,
      "mote: two tensors of a layer have one name; give one of the blocks names of its own [mote-tensor-twice]");

 public:
  /// How many matrices and vectors the layers have; they are numbered from 0 on.
  static constexpr std::size_t matrices = in_layers::all.matrices.count;
  static constexpr std::size_t vectors = in_layers::all.vectors.count;
  /// Vectors that belong to no layer; they are numbered from 0 on.
  static constexpr std::size_t outer_vectors = in_model::all.vectors.count;

  static constexpr role matrix(std::size_t i) { return in_layers::all.matrices.all[i].which; }
  static constexpr vector_role vector(std::size_t i) { return in_layers::all.vectors.all[i].which; }
  static constexpr vector_role outer_vector(std::size_t i) { return in_model::all.vectors.all[i].which; }
  /// The number of a tensor. If the family has none of that name: the count `matrices`, `vectors` or `outer_vectors`.
  static constexpr std::size_t find(role r) { return in_layers::all.matrices.find(r); }
  static constexpr std::size_t find(vector_role v) { return in_layers::all.vectors.find(v); }
  static constexpr std::size_t find_outer(vector_role v) { return in_model::all.vectors.find(v); }

  template <role R>
  static constexpr std::size_t index = [] {
    static_assert(
        find(R) < matrices,
        "mote: a block reads a matrix that no block of its family states; add it to the block's matrices() [mote-tensor-unstated]");
    return find(R);
  }();
  /// The bias of a matrix; vector_role::none if it has none.
  template <role R>
  static constexpr vector_role bias = in_layers::all.matrices.all[index<R>].bias;
  static constexpr vector_role bias_of(std::size_t i) { return in_layers::all.matrices.all[i].bias; }
  /// Whether matrix i is a table: a token reads one row of it.
  static constexpr bool is_table(std::size_t i) { return in_layers::all.matrices.all[i].is_table; }

  template <role R>
  MOTE_INLINE static constexpr matrix_size size(const shape& s) {
    return in_layers::template matrix<index<R>>(s);
  }
  /// The size of matrix number i; {0, 0} if there is no such number.
  MOTE_INLINE static constexpr matrix_size size(const shape& s, std::size_t i) {
    matrix_size m{0, 0};
    [&]<std::size_t... I>(std::index_sequence<I...>) {
      (void)((I == i && (m = in_layers::template matrix<I>(s), true)) || ...);
    }(std::make_index_sequence<matrices>{});
    return m;
  }
  MOTE_INLINE static constexpr std::size_t floats(const shape& s, std::size_t i) {
    return one<vectors>(i, [&]<std::size_t I>() { return in_layers::template floats<I>(s); });
  }
  MOTE_INLINE static constexpr std::size_t outer_floats(const shape& s, std::size_t i) {
    return one<outer_vectors>(i, [&]<std::size_t I>() { return in_model::template floats<I>(s); });
  }

  /// Whether a kind of layer has matrix i, vector i.
  static constexpr bool has_matrix(std::size_t kind, std::size_t i) {
    const auto& of = of_kinds::each[kind].matrices;
    return layer::kinds == 1 || of.find(matrix(i)) < of.count;
  }
  static constexpr bool has_vector(std::size_t kind, std::size_t i) {
    const auto& of = of_kinds::each[kind].vectors;
    return layer::kinds == 1 || of.find(vector(i)) < of.count;
  }

 private:
  template <std::size_t Count, class F>
  MOTE_INLINE static constexpr std::size_t one(std::size_t i, F f) {
    std::size_t n = 0;
    [&]<std::size_t... I>(std::index_sequence<I...>) {
      (void)((I == i && (n = f.template operator()<I>(), true)) || ...);
    }(std::make_index_sequence<Count>{});
    return n;
  }
};

/// The size of a matrix of a layer; {0, 0} if the family has no such matrix.
template <class Family = llama>
constexpr matrix_size size_of(const shape& s, role r) {
  return tensors_of<Family>::size(s, tensors_of<Family>::find(r));
}

/// Whether a family adds learned positions to the embedding. Their table follows the embedding in an image.
template <class Family>
inline constexpr bool has_positions = requires { requires Family::embedding::positions; };

/// The number of weights of a model, without the unused rows that padding adds.
template <class Family>
constexpr std::size_t parameters_of(const shape& s) {
  using tensors = tensors_of<Family>;
  using layer = typename Family::layer;
  std::size_t n = s.vocab * s.dim * (s.tied_head ? 1 : 2) + (has_positions<Family> ? s.context * s.dim : 0);
  for (std::size_t i = 0; i < tensors::outer_vectors; ++i) n += tensors::outer_floats(s, i);
  for (std::size_t l = 0; l < s.layers; ++l) {
    for (std::size_t i = 0; i < tensors::vectors; ++i)
      if (tensors::has_vector(layer::kind_of(l), i)) n += tensors::floats(s, i);
    for (std::size_t i = 0; i < tensors::matrices; ++i)
      if (tensors::has_matrix(layer::kind_of(l), i)) n += tensors::size(s, i).rows * tensors::size(s, i).cols;
  }
  return n;
}

}  // namespace mote::inline v0
