// SPDX-License-Identifier: BSL-1.0
// Finds out whether the compiler turned a * b + c into one rounding instead of two. Answers would then differ between
// boards with and without such an instruction.
// Refuses to repair it: the flag -ffp-contract=off does, and the target mote::mote sets it.
#pragma once

#include "mote/config.hpp"

namespace mote::inline v0 {

/// False where this translation unit was built with contraction on a machine that has fused multiply-add.
inline bool arithmetic_is_plain() {
  volatile float a = 1.000244140625F;  // 1 + 2^-12: the last bit of its square, 2^-24, is lost where it is rounded
  volatile float b = -1.00048828125F;  // -(1 + 2^-11): what is left of the square then
  const float x = a;
  const float c = b;
  return x * x + c == 0.0F;  // the product has no other use, else GCC would not fuse it
}

}  // namespace mote::inline v0
