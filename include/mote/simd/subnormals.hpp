// SPDX-License-Identifier: BSL-1.0
// Finds out whether arithmetic here makes zeros of the smallest numbers: a mode of the processor that start-up code set,
// or loops of which the compiler made Helium's vectors. Answers would then differ from other boards.
// Refuses to repair it: -fno-tree-vectorize does on a Cortex-M55, and the target mote::mote sets it for bare metal.
#pragma once

#include "mote/config.hpp"

namespace mote::inline v0 {

/// False where a product below 2^-126 becomes zero, in one float or in a loop as the compiler treats loops.
inline bool subnormals_are_kept() {
  volatile float least = 0x1p-126F;
  volatile float half = 0.5F;
  float products[16];
  for (auto& p : products) p = least;
  __asm__ volatile("" : : "r"(products) : "memory");  // sixteen numbers of which nothing is known
  const float by = half;
#pragma GCC unroll 1
  for (auto& p : products) p = p * by;
  __asm__ volatile("" : : "r"(products) : "memory");
  bool kept = least * by != 0.0F;
#pragma GCC unroll 1
  for (const float p : products) kept = kept && __builtin_bit_cast(unsigned, p) != 0;
  return kept;
}

}  // namespace mote::inline v0
