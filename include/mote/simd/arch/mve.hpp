// SPDX-License-Identifier: BSL-1.0
// Helium adds sixteen products of one row into a scalar (VMLADAV), so its rows lie one after another.
#pragma once

#include <arm_mve.h>

namespace mote::inline v0::simd {

template <std::size_t Rows, std::size_t Group>
MOTE_INLINE ints<1> own_group_dot(const std::int8_t* w, const std::int8_t* x, std::int32_t, mve) {
  std::int32_t sum = 0;
#pragma GCC unroll 4
  for (std::size_t i = 0; i < Group; i += 16) sum = __arm_vmladavaq_s8(sum, __arm_vldrbq_s8(w + i), __arm_vldrbq_s8(x + i));
  return ints<1>::all(sum);
}

}  // namespace mote::inline v0::simd
