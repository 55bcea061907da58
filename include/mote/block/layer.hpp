// SPDX-License-Identifier: BSL-1.0
// A layer is blocks in sequence, each of which reads the stream and adds to it; here are their operations and buffers one
// behind the other, on the way there and on the way back.
// Refuses to run: a pass calls forward() and backward() with the number of a block.
#pragma once

#include <array>
#include <cstddef>
#include <tuple>
#include <type_traits>
#include <utility>

#include "mote/block/buffers.hpp"
#include "mote/model/cache.hpp"

namespace mote::inline v0 {

template <class... Blocks>
struct in_sequence {
  static constexpr std::size_t blocks = sizeof...(Blocks);
  template <std::size_t I>
  using block = std::tuple_element_t<I, std::tuple<Blocks...>>;
  static_assert((std::size_t{Blocks::keeps} + ...) <= 1,
                "mote: two blocks of a layer keep something for the way back, and would share its room; one may");
  static constexpr int operations = (Blocks::operations + ...);
  static constexpr int phases = (Blocks::phases + ...);
  /// How many blocks run once more before the way back: those in front of one that goes back, and those that keep.
  static constexpr std::size_t again = [] {
    constexpr std::array<bool, blocks> keeps{Blocks::keeps...};
    return keeps[blocks - 1] ? blocks : blocks - 1;
  }();

  /// The stream between two blocks, where a sequence's is kept.
  template <std::size_t Block>
  struct between {
    static constexpr std::size_t bytes(const mote::shape& s, const pass_facts& n) {
      return rows_of_floats(n.kept, s.dim);
    }
  };

  /// The first operation of a block, on the way there from operation At on; blocks run in their order.
  static constexpr int forward_from(std::size_t block, int at) {
    constexpr std::array<int, blocks> each{Blocks::operations...};
    for (std::size_t i = 0; i < block; ++i) at += each[i];
    return at;
  }
  /// The same on the way back: the last block comes first.
  static constexpr int backward_from(std::size_t block, int at) {
    constexpr std::array<int, blocks> each{Blocks::phases...};
    for (std::size_t i = blocks - 1; i > block; --i) at += each[i];
    return at;
  }

 private:
  template <int At, std::size_t... I>
  static auto forward_list(std::index_sequence<I...>)
      -> join_lives<typename block<I>::template forward_buffers<forward_from(I, At)>...,
                    typename block<I>::template added_buffers<forward_from(I, At)>...>;
  template <int Forward, int Again, int Back, std::size_t I>
  using at = block_operations<Forward, Again, (I < again), backward_from(I, Back)>;
  template <int Forward, int Again, int Back, std::size_t... I>
  static auto backward_list(std::index_sequence<I...>)
      -> join_lives<typename block<I>::template backward_buffers<at<Forward, Again, Back, I>>...>;
  template <int Forward, int Again, int Back, std::size_t... I>  // the stream into block I + 1
  static auto between_list(std::index_sequence<I...>)
      -> lives<typename at<Forward, Again, Back, I + 1>::template kept<between<I + 1>, block<I + 1>::phases - 1>...>;
  using all = std::make_index_sequence<blocks>;

 public:
  template <int At>
  using forward_buffers = decltype(forward_list<At>(all{}));
  template <int Forward, int Again, int Back>
  using backward_buffers =
      join_lives<decltype(backward_list<Forward, Again, Back>(all{})),
                 decltype(between_list<Forward, Again, Back>(std::make_index_sequence<blocks - 1>{}))>;

  /// Calls f(attention) with what each block is that attends.
  template <class Function>
  static constexpr void each_attention(const mote::shape& s, Function f) {
    const auto one = [&]<class Block>(std::type_identity<Block>) {
      if constexpr (requires { Block::attention(s); }) f(Block::attention(s));
    };
    (one(std::type_identity<Blocks>{}), ...);
  }

  /// Calls f.operator()<I>() for each block in order.
  template <class Function>
  MOTE_INLINE static void each(Function&& f) {
    [&]<std::size_t... I>(std::index_sequence<I...>)
        __attribute__((always_inline)) { (f.template operator()<I>(), ...); }(all{});
  }
};

/// What the caches of a family are made for. Blocks that attend have the same heads, whatever else they differ in.
template <class Family>
constexpr cache_shape cached_by(const shape& s) {
  cache_shape kept{{}, 0};
  Family::layer::each_attention(s, [&](const attention_shape& a) {
    static_cast<attention_shape&>(kept) = a;
    kept.layers += s.layers;
  });
  return kept;
}

/// Whether a window, a cap and a scale that the shape of a model has are read by a block of its family.
template <class Family>
constexpr bool attends_as_asked(const shape& s) {
  bool window = s.window == 0;
  bool cap = s.softcap == 0;
  bool scale = s.score_scale == 0;
  Family::layer::each_attention(s, [&]<class Attention>(const Attention&) {
    window = window || has_window<Attention>;
    cap = cap || has_softcap<Attention>;
    scale = scale || has_score_scale<Attention>;
  });
  return window && cap && scale;
}

/// What the caches of a model are made for.
template <class Family, shape Shape>
consteval cache_shape cached_for() {
  static_assert(
      attends_as_asked<Family>(Shape),
      "mote: the model's shape has a window, a cap or a scale of attention that no layer of its family reads");
  return cached_by<Family>(Shape);
}

}  // namespace mote::inline v0
