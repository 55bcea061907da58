// SPDX-License-Identifier: BSL-1.0
// Armv8.2 dotprod: four rows of four products in one sdot, the activation's quad taken from a lane.
#pragma once

namespace mote::inline v0::simd {

template <std::size_t Rows, std::size_t Group>
MOTE_INLINE ints<4> own_group_dot(const std::int8_t* w, const std::int8_t* x, std::int32_t, neon_dotprod) {
  int32x4_t sum[2] = {vdupq_n_s32(0), vdupq_n_s32(0)};
#pragma GCC unroll 4
  for (std::size_t four = 0; four < Group / 16; ++four) {
    const int8x16_t a = vld1q_s8(x + four * 16);
    const std::int8_t* q = w + four * 64;
    sum[0] = vdotq_laneq_s32(sum[0], vld1q_s8(q), a, 0);
    sum[1] = vdotq_laneq_s32(sum[1], vld1q_s8(q + 16), a, 1);
    sum[0] = vdotq_laneq_s32(sum[0], vld1q_s8(q + 32), a, 2);
    sum[1] = vdotq_laneq_s32(sum[1], vld1q_s8(q + 48), a, 3);
  }
  return detail::as_ints(vaddq_s32(sum[0], sum[1]));
}

}  // namespace mote::inline v0::simd
