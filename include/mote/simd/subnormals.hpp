// SPDX-License-Identifier: BSL-1.0
// Tests at run time whether arithmetic flushes subnormal floats to zero: because start-up code set such a processor
// mode, or because the compiler vectorized a loop for Helium, which flushes. Other boards would answer otherwise.
// Refuses to repair it: on a Cortex-M55 -fno-tree-vectorize does, and the target mote::mote sets it for bare metal.
#pragma once

#include "mote/config.hpp"

namespace mote::inline v0 {

/// False if a product below 2^-126 becomes zero, as a single float or in a loop that the compiler may vectorize.
inline bool subnormals_are_kept() {
  volatile float least = 0x1p-126F;
  volatile float half = 0.5F;
  float products[16];
  for (auto& p : products) p = least;
  __asm__ volatile("" : : "r"(products) : "memory");  // hides the values from the compiler
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
