// SPDX-License-Identifier: BSL-1.0
// Tiles on SSE2: codes are widened to 16 bits by unpacking and shifting; pmaddwd adds pairs of products.
#pragma once

namespace mote::inline v0::simd {

namespace detail {
MOTE_INLINE __m128i eight_words(const std::int8_t* p) {
  const __m128i bytes = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(p));
  return _mm_srai_epi16(_mm_unpacklo_epi8(bytes, bytes), 8);
}
MOTE_INLINE std::int32_t word_pair(const std::int16_t* p) {
  std::int32_t pair = 0;
  __builtin_memcpy(&pair, p, 4);
  return pair;
}
}  // namespace detail

template <std::size_t Heads>
MOTE_INLINE void tile_scores_by(const std::int8_t* tile, const std::int16_t* q, std::size_t width, std::int32_t* dots,
                                sse2) {
  for (std::size_t t = 0; t < tile_tokens; t += 4, tile += 4 * width) {
    __m128i sum[Heads];
    for (auto& s : sum) s = _mm_setzero_si128();
    for (std::size_t c = 0; c < width; c += 2) {
      const __m128i k = detail::eight_words(tile + c * 4);
#pragma GCC unroll 2
      for (std::size_t h = 0; h < Heads; ++h)
        sum[h] = _mm_add_epi32(sum[h], _mm_madd_epi16(k, _mm_set1_epi32(detail::word_pair(q + h * width + c))));
    }
    for (std::size_t h = 0; h < Heads; ++h)
      _mm_storeu_si128(reinterpret_cast<__m128i*>(dots + h * tile_tokens + t), sum[h]);
  }
}

template <std::size_t Heads>
MOTE_INLINE void tile_sums_by(const std::int8_t* tile, const std::int16_t* p, std::size_t width, std::int32_t* sums,
                              sse2) {
  for (std::size_t c = 0; c < width; c += 4) {
    __m128i sum[Heads];
    for (std::size_t h = 0; h < Heads; ++h)
      sum[h] = _mm_loadu_si128(reinterpret_cast<const __m128i*>(sums + h * width + c));
    for (std::size_t t = 0; t < tile_tokens; t += 2) {
      const __m128i v = detail::eight_words(tile + t * width + c * 2);
#pragma GCC unroll 2
      for (std::size_t h = 0; h < Heads; ++h)
        sum[h] = _mm_add_epi32(sum[h], _mm_madd_epi16(v, _mm_set1_epi32(detail::word_pair(p + h * tile_tokens + t))));
    }
    for (std::size_t h = 0; h < Heads; ++h) _mm_storeu_si128(reinterpret_cast<__m128i*>(sums + h * width + c), sum[h]);
  }
}

}  // namespace mote::inline v0::simd
