// SPDX-License-Identifier: BSL-1.0
// Tiles on Helium: eight codes are widened as they are loaded (VLDRB.S16), and VMLADAV.S16 adds eight products to a
// scalar register. So a token's channels are contiguous for keys, and a channel's 32 tokens for values.
#pragma once

namespace mote::inline v0::simd {

template <std::size_t Heads>
MOTE_INLINE void tile_scores_by(const std::int8_t* tile, const std::int16_t* q, std::size_t width, std::int32_t* dots,
                                mve) {
  if (width == 8) {  // the queries stay in registers
    int16x8_t query[Heads];
    for (std::size_t h = 0; h < Heads; ++h) query[h] = __arm_vldrhq_s16(q + h * 8);
    for (std::size_t t = 0; t < tile_tokens; ++t) {
      const int16x8_t k = __arm_vldrbq_s16(tile + t * 8);
#pragma GCC unroll 2
      for (std::size_t h = 0; h < Heads; ++h) dots[h * tile_tokens + t] = __arm_vmladavq_s16(query[h], k);
    }
    return;
  }
  for (std::size_t t = 0; t < tile_tokens; ++t, tile += width) {
    std::int32_t sum[Heads] = {};
    std::size_t c = 0;
    for (; c + 8 <= width; c += 8) {
      const int16x8_t k = __arm_vldrbq_s16(tile + c);
#pragma GCC unroll 2
      for (std::size_t h = 0; h < Heads; ++h)
        sum[h] = __arm_vmladavaq_s16(sum[h], __arm_vldrhq_s16(q + h * width + c), k);
    }
    if (c < width) {
      const int32x4_t k = __arm_vldrbq_s32(tile + c);
      for (std::size_t h = 0; h < Heads; ++h)
        sum[h] = __arm_vmladavaq_s32(sum[h], __arm_vldrhq_s32(q + h * width + c), k);
    }
    for (std::size_t h = 0; h < Heads; ++h) dots[h * tile_tokens + t] = sum[h];
  }
}

template <std::size_t Heads>
MOTE_INLINE void tile_sums_by(const std::int8_t* tile, const std::int16_t* p, std::size_t width, std::int32_t* sums,
                              mve) {
  for (std::size_t h = 0; h < Heads; ++h) {  // a head's weights fill four registers
    const int16x8_t w0 = __arm_vldrhq_s16(p + h * tile_tokens);
    const int16x8_t w1 = __arm_vldrhq_s16(p + h * tile_tokens + 8);
    const int16x8_t w2 = __arm_vldrhq_s16(p + h * tile_tokens + 16);
    const int16x8_t w3 = __arm_vldrhq_s16(p + h * tile_tokens + 24);
    const std::int8_t* v = tile;
    for (std::size_t c = 0; c < width; ++c, v += tile_tokens) {
      std::int32_t sum = sums[h * width + c];
      sum = __arm_vmladavaq_s16(sum, w0, __arm_vldrbq_s16(v));
      sum = __arm_vmladavaq_s16(sum, w1, __arm_vldrbq_s16(v + 8));
      sum = __arm_vmladavaq_s16(sum, w2, __arm_vldrbq_s16(v + 16));
      sums[h * width + c] = __arm_vmladavaq_s16(sum, w3, __arm_vldrbq_s16(v + 24));
    }
  }
}

}  // namespace mote::inline v0::simd
