// SPDX-License-Identifier: BSL-1.0
// What a plan of an arena owes to the lives it was made of, as a constant: a test can ask it of the compiler.
// Refuses to judge the lives: whether they are long enough is arena_guard's question.
#pragma once

#include <array>
#include <cstddef>

#include "mote/core/arena.hpp"

namespace mote_tests {

/// Every tensor lies inside the block on its alignment, and two that live at the same time share no byte.
template <std::size_t N>
constexpr bool sound(const std::array<mote::lifetime, N>& tensors, const mote::arena_plan<N>& plan) {
  for (std::size_t i = 0; i < N; ++i) {
    if (tensors[i].first > tensors[i].last) return false;
    if (plan[i] % mote::arena_alignment != 0 || plan[i] + tensors[i].bytes > plan.bytes) return false;
    for (std::size_t j = i + 1; j < N; ++j) {
      const bool together = (tensors[i].operations() & tensors[j].operations()) != 0;
      const bool apart = plan[i] + tensors[i].bytes <= plan[j] || plan[j] + tensors[j].bytes <= plan[i];
      if (together && !apart) return false;
    }
  }
  return true;
}

/// A plan in which no two tensors share a byte, whatever their lives: what every other plan must answer like.
template <std::size_t N>
constexpr mote::arena_plan<N> plan_apart(const std::array<mote::lifetime, N>& tensors) {
  auto always = tensors;
  for (mote::lifetime& t : always) t = {t.bytes, 0, 0};
  mote::arena_plan<N> plan = mote::plan_arena(always);
#if MOTE_POISON_ARENA
  plan.tensors = tensors;
#endif
  return plan;
}

}  // namespace mote_tests
