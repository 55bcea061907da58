// SPDX-License-Identifier: BSL-1.0
// A layer is blocks in sequence, each of which reads the stream and adds to it; here are their operations and buffers one
// behind the other, on the way there and on the way back.
// Refuses to run: a pass calls forward() and backward() with the number of a block.
#pragma once

#include <array>
#include <cstddef>
#include <tuple>
#include <utility>

#include "mote/block/buffers.hpp"

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

  /// Calls f.operator()<I>() for each block in order.
  template <class Function>
  MOTE_INLINE static void each(Function&& f) {
    [&]<std::size_t... I>(std::index_sequence<I...>)
        __attribute__((always_inline)) { (f.template operator()<I>(), ...); }(all{});
  }
};

}  // namespace mote::inline v0
