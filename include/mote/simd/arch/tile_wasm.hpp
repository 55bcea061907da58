// SPDX-License-Identifier: BSL-1.0
// Tiles on WebAssembly: codes are widened to 16 bits as they are loaded; i32x4.dot_i16x8 adds pairs of products.
#pragma once

namespace mote::inline v0::simd {

template <std::size_t Heads>
MOTE_INLINE void tile_scores_by(const std::int8_t* tile, const std::int16_t* q, std::size_t width, std::int32_t* dots,
                                wasm) {
  for (std::size_t t = 0; t < tile_tokens; t += 4, tile += 4 * width) {
    v128_t sum[Heads];
    for (auto& s : sum) s = wasm_i32x4_const_splat(0);
    for (std::size_t c = 0; c < width; c += 2) {
      const v128_t k = wasm_i16x8_load8x8(tile + c * 4);
#pragma GCC unroll 2
      for (std::size_t h = 0; h < Heads; ++h)
        sum[h] = wasm_i32x4_add(sum[h], wasm_i32x4_dot_i16x8(k, wasm_v128_load32_splat(q + h * width + c)));
    }
    for (std::size_t h = 0; h < Heads; ++h) wasm_v128_store(dots + h * tile_tokens + t, sum[h]);
  }
}

template <std::size_t Heads>
MOTE_INLINE void tile_sums_by(const std::int8_t* tile, const std::int16_t* p, std::size_t width, std::int32_t* sums,
                              wasm) {
  for (std::size_t c = 0; c < width; c += 4) {
    v128_t sum[Heads];
    for (std::size_t h = 0; h < Heads; ++h) sum[h] = wasm_v128_load(sums + h * width + c);
    for (std::size_t t = 0; t < tile_tokens; t += 2) {
      const v128_t v = wasm_i16x8_load8x8(tile + t * width + c * 2);
#pragma GCC unroll 2
      for (std::size_t h = 0; h < Heads; ++h)
        sum[h] = wasm_i32x4_add(sum[h], wasm_i32x4_dot_i16x8(v, wasm_v128_load32_splat(p + h * tile_tokens + t)));
    }
    for (std::size_t h = 0; h < Heads; ++h) wasm_v128_store(sums + h * width + c, sum[h]);
  }
}

}  // namespace mote::inline v0::simd
