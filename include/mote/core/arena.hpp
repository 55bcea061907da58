// SPDX-License-Identifier: BSL-1.0
// Lays the tensors of a step into one block of memory at compile time, each only for as long as it is needed:
// greedy by size, the largest first, each at the lowest offset that is free for its whole life (Pisarchyk & Lee 2020,
// arXiv 2001.03288, "greedy by size for offset calculation").
// Refuses to exist at run time: the plan is a constant, the block's size is part of the pipeline's type.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "mote/config.hpp"
#include "mote/core/bytes.hpp"

namespace mote::inline v0 {

/// One tensor of a step: how large, and from which operation to which (both included) it must survive. In between there
/// may be operations in which it rests: what it held is lost then, and its bytes are free. Operations are 0 to 63.
struct lifetime {
  std::size_t bytes = 0;
  int first = 0;
  int last = 0;
  std::uint64_t rests = 0;  // one bit an operation
  bool passing = false;     // nothing of it is needed from one portion of an operation to the next

  /// The operations in which it lives, one bit each.
  constexpr std::uint64_t operations() const {
    return ((~std::uint64_t{0} << static_cast<unsigned>(first)) &
            (~std::uint64_t{0} >> (63U - static_cast<unsigned>(last)))) &
           ~rests;
  }
  /// Whether it lives in some operation from `from` to `to`.
  constexpr bool lives(int from, int to) const { return (lifetime{0, from, to}.operations() & operations()) != 0; }
  /// Whether what it held before an operation is still there in it.
  constexpr bool carried_into(int operation) const {
    return operation > 0 && lives(operation, operation) && lives(operation - 1, operation - 1);
  }
};

/// Where each tensor lies, in the order given, and how large the block is.
template <std::size_t Tensors>
struct arena_plan {
  std::array<std::size_t, Tensors> offset{};
  std::size_t bytes = 0;
#if MOTE_POISON_ARENA
  std::array<lifetime, Tensors> tensors{};  // what arena_guard watches
#endif
  constexpr std::size_t operator[](std::size_t tensor) const { return offset[tensor]; }
};

/// Every tensor starts on a cache line, so that no vector load straddles two.
inline constexpr std::size_t arena_alignment = 64;

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
    for (bool moved = true; moved;) {  // climb over every placed neighbour in time until nothing overlaps in space
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
