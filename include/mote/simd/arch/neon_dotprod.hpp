// SPDX-License-Identifier: BSL-1.0
// Armv8.2 dotprod: one sdot adds four products to each of four rows; the quad of activations is a lane of a register.
#pragma once

namespace mote::inline v0::simd {

template <>
struct dot4<neon_dotprod, 4> : dot4<neon, 4> {
  template <unsigned Largest, std::size_t Quads>
  MOTE_INLINE static ints<4> dot(ints<4> from, const vector (&w)[Quads], const std::int8_t* x /* (Quads, 4) */) {
    static_assert(Largest <= 127, "bytes are multiplied as numbers with a sign");
    int32x4_t sum[2] = {detail::as_register(from), vdupq_n_s32(0)};  // two chains hide the latency of sdot
#pragma GCC unroll 4
    for (std::size_t at = 0; at + 4 <= Quads; at += 4) {
      const int8x16_t a = vld1q_s8(x + at * 4);
      sum[0] = vdotq_laneq_s32(sum[0], vreinterpretq_s8_u8(w[at]), a, 0);
      sum[1] = vdotq_laneq_s32(sum[1], vreinterpretq_s8_u8(w[at + 1]), a, 1);
      sum[0] = vdotq_laneq_s32(sum[0], vreinterpretq_s8_u8(w[at + 2]), a, 2);
      sum[1] = vdotq_laneq_s32(sum[1], vreinterpretq_s8_u8(w[at + 3]), a, 3);
    }
#pragma GCC unroll 4
    for (std::size_t at = Quads / 4 * 4; at < Quads; ++at)
      sum[0] =
          vdotq_s32(sum[0], vreinterpretq_s8_u8(w[at]), vreinterpretq_s8_s32(vdupq_n_s32(detail::four_of(x + at * 4))));
    return detail::as_ints(vaddq_s32(sum[0], sum[1]));
  }
  template <std::size_t Quads>
  MOTE_INLINE static ints<4> signed_dot(ints<4> from, const vector (&w)[Quads], const std::int8_t* x /* (Quads, 4) */,
                                        std::int32_t) {
    return dot<127>(from, w, x);
  }
};

}  // namespace mote::inline v0::simd
