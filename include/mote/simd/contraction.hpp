// SPDX-License-Identifier: BSL-1.0
// Tests at run time whether the compiler fused a * b + c into one instruction with one rounding instead of two. Answers
// would then differ between boards with and without that instruction.
// Refuses to repair it: the flag -ffp-contract=off does, and the target mote::mote sets it.
#pragma once

#include "mote/config.hpp"

namespace mote::inline v0 {

/// False if this translation unit was built with contraction for a machine that has fused multiply-add.
inline bool arithmetic_is_plain() {
  volatile float a = 1.000244140625F;  // 1 + 2^-12; rounding its square, 1 + 2^-11 + 2^-24, drops the 2^-24
  volatile float b = -1.00048828125F;  // -(1 + 2^-11), the negated rounded square
  const float x = a;
  const float c = b;
  return x * x + c == 0.0F;  // no other use of the product: GCC would not fuse it then
}

}  // namespace mote::inline v0
