// SPDX-License-Identifier: BSL-1.0
// Plans at compile time where the tensors of a step are placed in one block of memory; tensors that are not needed at
// the same time share bytes. Greedy by size: the largest first, each at the lowest offset that is free for its whole
// life (Pisarchyk & Lee 2020, arXiv 2001.03288, "greedy by size for offset calculation").
// Refuses to plan at run time: the plan is a constant, and the block's size is part of the pipeline's type.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "mote/config.hpp"
#include "mote/core/bytes.hpp"

namespace mote::inline v0 {

/// One tensor of a step: its size, and the first and the last operation (both included) that use it. In the operations
/// of `rests`, between the two, its bytes are free for other tensors and its values are lost. Operations are 0 to 63.
struct lifetime {
  std::size_t bytes = 0;
  int first = 0;
  int last = 0;
  std::uint64_t rests = 0;  // bit i: it rests in operation i
  bool passing = false;     // its values are lost between two portions (runs of tokens) of an operation

  /// The operations in which it lives: bit i is operation i.
  constexpr std::uint64_t operations() const {
    return ((~std::uint64_t{0} << static_cast<unsigned>(first)) &
            (~std::uint64_t{0} >> (63U - static_cast<unsigned>(last)))) &
           ~rests;
  }
  /// Whether it lives in some operation from `from` to `to`.
  constexpr bool lives(int from, int to) const { return (lifetime{0, from, to}.operations() & operations()) != 0; }
  /// Whether its values of the previous operation are still there in `operation`.
  constexpr bool carried_into(int operation) const {
    return operation > 0 && lives(operation, operation) && lives(operation - 1, operation - 1);
  }
};

/// The offset of each tensor in bytes, in the order given to plan_arena(), and the size of the block.
template <std::size_t Tensors>
struct arena_plan {
  std::array<std::size_t, Tensors> offset{};
  std::size_t bytes = 0;
#if MOTE_POISON_ARENA
  std::array<lifetime, Tensors> tensors{};  // for arena_guard
#endif
  constexpr std::size_t operator[](std::size_t tensor) const { return offset[tensor]; }
};

/// Every tensor starts on a cache line, so that no vector load straddles two.
inline constexpr std::size_t arena_alignment = 64;

/// Offsets at which no two tensors overlap that live in a common operation. The block's size is a multiple of 64 bytes.
template <std::size_t Tensors>
constexpr arena_plan<Tensors> plan_arena(const std::array<lifetime, Tensors>& tensors) {
  arena_plan<Tensors> plan;
  std::array<bool, Tensors> placed{};
  for (std::size_t round = 0; round < Tensors; ++round) {
    std::size_t largest = Tensors;
    for (std::size_t i = 0; i < Tensors; ++i)
      if (!placed[i] && (largest == Tensors || tensors[i].bytes > tensors[largest].bytes)) largest = i;

    const lifetime t = tensors[largest];
    std::size_t offset = 0;
    for (bool moved = true; moved;) {  // move past placed tensors of the same time until none overlaps
      moved = false;
      for (std::size_t i = 0; i < Tensors; ++i) {
        if (!placed[i] || (tensors[i].operations() & t.operations()) == 0) continue;
        const std::size_t begin = plan.offset[i];
        const std::size_t end = begin + tensors[i].bytes;
        if (offset < end && begin < offset + t.bytes) {
          offset = round_up(end, arena_alignment);
          moved = true;
        }
      }
    }
    plan.offset[largest] = offset;
    placed[largest] = true;
    if (offset + t.bytes > plan.bytes) plan.bytes = offset + t.bytes;
  }
  plan.bytes = round_up(plan.bytes, arena_alignment);
#if MOTE_POISON_ARENA
  plan.tensors = tensors;
#endif
  return plan;
}

}  // namespace mote::inline v0
