// SPDX-License-Identifier: BSL-1.0
// Finds out whether the compiler turned a * b + c into one rounding instead of two. Answers would then differ between
// boards with and without such an instruction.
// Refuses to repair it: the flag -ffp-contract=off does, and the target mote::mote sets it.
#pragma once

namespace mote::inline v0 {

/// False where this translation unit was built with contraction on a machine that has fused multiply-add.
inline bool arithmetic_is_plain() {
  volatile float a = 1.00048828125F;  // 1 + 2^-11: its square has a last bit that one rounding keeps and two lose
  const float x = a;
  volatile float rounded = x * x;
  const float r = rounded;
  return x * x - r == 0.0F;
}

}  // namespace mote::inline v0
