// SPDX-License-Identifier: BSL-1.0
// Cortex-M4, M7, M33 (and Armv6 and later without NEON): four bytes become two pairs of 16 bits (SXTB16), a pair of
// products is added at once (SMLAD). The rotated SXTB16 is written in assembler because GCC 12 does not fold it.
#pragma once

#include <arm_acle.h>

namespace mote::inline v0::simd {

namespace detail {
MOTE_INLINE std::int32_t odd_bytes(std::int32_t quad) {
  std::int32_t r;
  __asm__("sxtb16 %0, %1, ror #8" : "=r"(r) : "r"(quad));
  return r;
}
}  // namespace detail

template <std::size_t Rows, std::size_t Group>
MOTE_INLINE ints<1> own_group_dot(const std::int8_t* w, const std::int8_t* x, std::int32_t, dsp) {
  std::int32_t sum = 0;
#pragma GCC unroll 8
  for (std::size_t i = 0; i < Group; i += 4) {
    std::int32_t a = 0;
    std::int32_t b = 0;
    __builtin_memcpy(&a, w + i, 4);
    __builtin_memcpy(&b, x + i, 4);
    sum = __smlad(__sxtb16(a), __sxtb16(b), sum);
    sum = __smlad(detail::odd_bytes(a), detail::odd_bytes(b), sum);
  }
  return ints<1>::all(sum);
}

}  // namespace mote::inline v0::simd
