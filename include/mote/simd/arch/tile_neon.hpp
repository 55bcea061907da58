// SPDX-License-Identifier: BSL-1.0
// Tiles on NEON without sdot: smlal multiplies four widened codes by one number and adds them to 32-bit sums. Lanes are
// tokens for keys and channels for values, so no sum crosses lanes.
#pragma once

namespace mote::inline v0::simd {

template <std::size_t Heads>
MOTE_INLINE void tile_scores_by(const std::int8_t* tile, const std::int16_t* q, std::size_t width, std::int32_t* dots,
                                neon) {
  for (std::size_t t = 0; t < tile_tokens; t += 16) {
    int32x4_t sum[Heads][4];
#pragma GCC unroll 8
    for (std::size_t i = 0; i < Heads * 4; ++i) sum[i / 4][i % 4] = vdupq_n_s32(0);
    for (std::size_t c = 0; c < width; ++c) {
      const int8x16_t k = vld1q_s8(tile + c * tile_tokens + t);
      const int16x8_t low = vmovl_s8(vget_low_s8(k));
      const int16x8_t high = vmovl_s8(vget_high_s8(k));
#pragma GCC unroll 2
      for (std::size_t h = 0; h < Heads; ++h) {
        const std::int16_t query = q[h * width + c];
        sum[h][0] = vmlal_n_s16(sum[h][0], vget_low_s16(low), query);
        sum[h][1] = vmlal_n_s16(sum[h][1], vget_high_s16(low), query);
        sum[h][2] = vmlal_n_s16(sum[h][2], vget_low_s16(high), query);
        sum[h][3] = vmlal_n_s16(sum[h][3], vget_high_s16(high), query);
      }
    }
#pragma GCC unroll 8
    for (std::size_t i = 0; i < Heads * 4; ++i)
      vst1q_s32(dots + i / 4 * tile_tokens + t + i % 4 * 4, sum[i / 4][i % 4]);
  }
}

template <std::size_t Heads>
MOTE_INLINE void tile_sums_by(const std::int8_t* tile, const std::int16_t* p, std::size_t width, std::int32_t* sums,
                              neon) {
  std::size_t c = 0;
  for (; c + 8 <= width; c += 8) {
    int32x4_t sum[Heads][2];
#pragma GCC unroll 4
    for (std::size_t i = 0; i < Heads * 2; ++i) sum[i / 2][i % 2] = vld1q_s32(sums + i / 2 * width + c + i % 2 * 4);
    for (std::size_t t = 0; t < tile_tokens; ++t) {
      const int16x8_t v = vmovl_s8(vld1_s8(tile + t * width + c));
#pragma GCC unroll 2
      for (std::size_t h = 0; h < Heads; ++h) {
        sum[h][0] = vmlal_n_s16(sum[h][0], vget_low_s16(v), p[h * tile_tokens + t]);
        sum[h][1] = vmlal_n_s16(sum[h][1], vget_high_s16(v), p[h * tile_tokens + t]);
      }
    }
#pragma GCC unroll 4
    for (std::size_t i = 0; i < Heads * 2; ++i) vst1q_s32(sums + i / 2 * width + c + i % 2 * 4, sum[i / 2][i % 2]);
  }
  for (std::size_t h = 0; c < width && h < Heads; ++h) {  // the last four channels
    int32x4_t sum = vld1q_s32(sums + h * width + c);
    for (std::size_t t = 0; t < tile_tokens; ++t) {
      std::int32_t four = 0;
      __builtin_memcpy(&four, tile + t * width + c, 4);
      sum = vmlal_n_s16(sum, vget_low_s16(vmovl_s8(vreinterpret_s8_s32(vdup_n_s32(four)))), p[h * tile_tokens + t]);
    }
    vst1q_s32(sums + h * width + c, sum);
  }
}

}  // namespace mote::inline v0::simd
