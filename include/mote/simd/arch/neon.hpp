// SPDX-License-Identifier: BSL-1.0
// NEON before dotprod, 32 and 64 bits: two products fit 16 bits (2 * 127 * 127), then they are added in pairs.
#pragma once

namespace mote::inline v0::simd {

namespace detail {
MOTE_INLINE ints<4> as_ints(int32x4_t v) {
  ints<4> r;
#if defined(__aarch64__)
  r.v[0] = v;
#else
  vst1q_s32(r.v, v);
#endif
  return r;
}
}  // namespace detail

template <std::size_t Rows, std::size_t Group>
MOTE_INLINE ints<4> own_group_dot(const std::int8_t* w, const std::int8_t* x, std::int32_t, neon) {
  int32x4_t low = vdupq_n_s32(0);   // rows 0 and 1, two partial sums each
  int32x4_t high = vdupq_n_s32(0);  // rows 2 and 3
#pragma GCC unroll 8
  for (std::size_t pair = 0; pair < Group / 8; ++pair) {
    std::int32_t eight[2];
    __builtin_memcpy(eight, x + pair * 8, 8);
    const int8x8_t x0 = vreinterpret_s8_s32(vdup_n_s32(eight[0]));
    const int8x8_t x1 = vreinterpret_s8_s32(vdup_n_s32(eight[1]));
    const int8x16_t w0 = vld1q_s8(w + pair * 32);
    const int8x16_t w1 = vld1q_s8(w + pair * 32 + 16);
    low = vpadalq_s16(low, vmlal_s8(vmull_s8(vget_low_s8(w0), x0), vget_low_s8(w1), x1));
    high = vpadalq_s16(high, vmlal_s8(vmull_s8(vget_high_s8(w0), x0), vget_high_s8(w1), x1));
  }
  return detail::as_ints(vcombine_s32(vpadd_s32(vget_low_s32(low), vget_high_s32(low)),
                                      vpadd_s32(vget_low_s32(high), vget_high_s32(high))));
}

}  // namespace mote::inline v0::simd
