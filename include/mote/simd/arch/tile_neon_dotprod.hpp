// SPDX-License-Identifier: BSL-1.0
// Tiles on NEON with sdot, which multiplies bytes: a 14-bit number is split into 128 * high + low, so that one load of
// codes serves two sdots.
#pragma once

namespace mote::inline v0::simd {

namespace detail {
struct split_words {
  int8x16_t high, low;
};
/// Splits sixteen numbers x into high = x >> 7 (signed) and low = x & 127.
MOTE_INLINE split_words split_sixteen(int16x8_t first, int16x8_t second) {
  const int16x8_t seven = vdupq_n_s16(127);
  return {vcombine_s8(vshrn_n_s16(first, 7), vshrn_n_s16(second, 7)),
          vcombine_s8(vmovn_s16(vandq_s16(first, seven)), vmovn_s16(vandq_s16(second, seven)))};
}
MOTE_INLINE int32x4_t join_split(int32x4_t high, int32x4_t low) { return vaddq_s32(vshlq_n_s32(high, 7), low); }
MOTE_INLINE int8x16_t same_quads(int8x8_t four) {
  return vreinterpretq_s8_s32(vdupq_lane_s32(vreinterpret_s32_s8(four), 0));
}
}  // namespace detail

template <std::size_t Heads>
MOTE_INLINE void tile_scores_by(const std::int8_t* tile, const std::int16_t* q, std::size_t width, std::int32_t* dots,
                                neon_dotprod) {
  for (std::size_t t = 0; t < tile_tokens; t += 16) {
    const std::int8_t* rows = tile + t * width;
    int32x4_t high[Heads][4];
    int32x4_t low[Heads][4];
#pragma GCC unroll 8
    for (std::size_t i = 0; i < Heads * 4; ++i) high[i / 4][i % 4] = low[i / 4][i % 4] = vdupq_n_s32(0);
    for (std::size_t c = 0; c < width; c += 4) {
      int8x16_t query_high[Heads];
      int8x16_t query_low[Heads];
#pragma GCC unroll 2
      for (std::size_t h = 0; h < Heads; ++h) {
        const int16x4_t four = vld1_s16(q + h * width + c);
        const int16x8_t twice = vcombine_s16(four, four);
        query_high[h] = detail::same_quads(vshrn_n_s16(twice, 7));
        query_low[h] = detail::same_quads(vmovn_s16(vandq_s16(twice, vdupq_n_s16(127))));
      }
#pragma GCC unroll 4
      for (std::size_t r = 0; r < 4; ++r) {
        const int8x16_t k = vld1q_s8(rows + r * 4 * width + c * 4);
#pragma GCC unroll 2
        for (std::size_t h = 0; h < Heads; ++h) {
          high[h][r] = vdotq_s32(high[h][r], k, query_high[h]);
          low[h][r] = vdotq_s32(low[h][r], k, query_low[h]);
        }
      }
    }
#pragma GCC unroll 8
    for (std::size_t i = 0; i < Heads * 4; ++i)
      vst1q_s32(dots + i / 4 * tile_tokens + t + i % 4 * 4, detail::join_split(high[i / 4][i % 4], low[i / 4][i % 4]));
  }
}

template <std::size_t Heads>
MOTE_INLINE void tile_sums_by(const std::int8_t* tile, const std::int16_t* p, std::size_t width, std::int32_t* sums,
                              neon_dotprod) {
  for (std::size_t h = 0; h < Heads; ++h) {
    const std::int16_t* weight = p + h * tile_tokens;
    const auto first = detail::split_sixteen(vld1q_s16(weight), vld1q_s16(weight + 8));
    const auto second = detail::split_sixteen(vld1q_s16(weight + 16), vld1q_s16(weight + 24));
    for (std::size_t c = 0; c < width; c += 4) {
      const std::int8_t* v = tile + c * 4;
      const std::size_t step = 4 * width;  // to the next four tokens
      int32x4_t high = vdupq_n_s32(0);
      int32x4_t low = vdupq_n_s32(0);
      const auto add = [&](std::size_t i, auto lane, const detail::split_words& w) {
        const int8x16_t codes = vld1q_s8(v + i * step);
        high = vdotq_laneq_s32(high, codes, w.high, decltype(lane)::value);
        low = vdotq_laneq_s32(low, codes, w.low, decltype(lane)::value);
      };
      add(0, std::integral_constant<int, 0>{}, first);
      add(1, std::integral_constant<int, 1>{}, first);
      add(2, std::integral_constant<int, 2>{}, first);
      add(3, std::integral_constant<int, 3>{}, first);
      add(4, std::integral_constant<int, 0>{}, second);
      add(5, std::integral_constant<int, 1>{}, second);
      add(6, std::integral_constant<int, 2>{}, second);
      add(7, std::integral_constant<int, 3>{}, second);
      vst1q_s32(sums + h * width + c, vaddq_s32(vld1q_s32(sums + h * width + c), detail::join_split(high, low)));
    }
  }
}

}  // namespace mote::inline v0::simd
