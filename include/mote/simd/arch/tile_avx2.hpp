// SPDX-License-Identifier: BSL-1.0
// Tiles on AVX2: sixteen codes are widened as they are loaded (vpmovsxbw), and pairs of products are added (vpmaddwd).
// One register holds the sums of eight tokens (keys) or of eight channels (values).
#pragma once

namespace mote::inline v0::simd {

namespace detail {
MOTE_INLINE __m256i sixteen_words(const std::int8_t* p) {
  return _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
}

/// sums (Heads, width) += weights times values, for 8 * Chunks channels. The sums stay in registers for the whole tile.
template <std::size_t Heads, std::size_t Chunks>
MOTE_INLINE void avx2_sums(const std::int8_t* tile, const std::int16_t* p, std::size_t width, std::int32_t* sums) {
  __m256i sum[Heads][Chunks];
#pragma GCC unroll 8
  for (std::size_t i = 0; i < Heads * Chunks; ++i)
    sum[i / Chunks][i % Chunks] =
        _mm256_loadu_si256(reinterpret_cast<const __m256i*>(sums + i / Chunks * width + i % Chunks * 8));
  for (std::size_t t = 0; t < tile_tokens; t += 2) {
    __m256i weight[Heads];
#pragma GCC unroll 2
    for (std::size_t h = 0; h < Heads; ++h) weight[h] = _mm256_set1_epi32(word_pair(p + h * tile_tokens + t));
#pragma GCC unroll 4
    for (std::size_t chunk = 0; chunk < Chunks; ++chunk) {
      const __m256i v = sixteen_words(tile + t * width + chunk * 16);
#pragma GCC unroll 2
      for (std::size_t h = 0; h < Heads; ++h)
        sum[h][chunk] = _mm256_add_epi32(sum[h][chunk], _mm256_madd_epi16(v, weight[h]));
    }
  }
#pragma GCC unroll 8
  for (std::size_t i = 0; i < Heads * Chunks; ++i)
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(sums + i / Chunks * width + i % Chunks * 8),
                        sum[i / Chunks][i % Chunks]);
}

/// The same for the last four channels if the width is not a multiple of eight.
template <std::size_t Heads>
MOTE_INLINE void last_four_sums(const std::int8_t* tile, const std::int16_t* p, std::size_t width, std::int32_t* sums) {
  __m128i sum[Heads];
  for (std::size_t h = 0; h < Heads; ++h) sum[h] = _mm_loadu_si128(reinterpret_cast<const __m128i*>(sums + h * width));
  for (std::size_t t = 0; t < tile_tokens; t += 2) {
    const __m128i v = eight_words(tile + t * width);
    for (std::size_t h = 0; h < Heads; ++h)
      sum[h] = _mm_add_epi32(sum[h], _mm_madd_epi16(v, _mm_set1_epi32(word_pair(p + h * tile_tokens + t))));
  }
  for (std::size_t h = 0; h < Heads; ++h) _mm_storeu_si128(reinterpret_cast<__m128i*>(sums + h * width), sum[h]);
}
}  // namespace detail

template <std::size_t Heads>
MOTE_INLINE void tile_scores_by(const std::int8_t* tile, const std::int16_t* q, std::size_t width, std::int32_t* dots,
                                avx2) {
  for (std::size_t t = 0; t < tile_tokens; t += 16, tile += 16 * width) {  // two chains of eight tokens
    __m256i sum[Heads][2];
#pragma GCC unroll 4
    for (std::size_t i = 0; i < Heads * 2; ++i) sum[i / 2][i % 2] = _mm256_setzero_si256();
    for (std::size_t c = 0; c < width; c += 2) {
      const __m256i k[2] = {detail::sixteen_words(tile + c * 8), detail::sixteen_words(tile + c * 8 + 8 * width)};
#pragma GCC unroll 2
      for (std::size_t h = 0; h < Heads; ++h) {
        const __m256i query = _mm256_set1_epi32(detail::word_pair(q + h * width + c));
        sum[h][0] = _mm256_add_epi32(sum[h][0], _mm256_madd_epi16(k[0], query));
        sum[h][1] = _mm256_add_epi32(sum[h][1], _mm256_madd_epi16(k[1], query));
      }
    }
#pragma GCC unroll 4
    for (std::size_t i = 0; i < Heads * 2; ++i)
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(dots + i / 2 * tile_tokens + t + i % 2 * 8), sum[i / 2][i % 2]);
  }
}

template <std::size_t Heads>
MOTE_INLINE void tile_sums_by(const std::int8_t* tile, const std::int16_t* p, std::size_t width, std::int32_t* sums,
                              avx2) {
  std::size_t c = 0;
  for (; c + 32 <= width; c += 32) detail::avx2_sums<Heads, 4>(tile + c * 2, p, width, sums + c);
  for (; c + 16 <= width; c += 16) detail::avx2_sums<Heads, 2>(tile + c * 2, p, width, sums + c);
  for (; c + 8 <= width; c += 8) detail::avx2_sums<Heads, 1>(tile + c * 2, p, width, sums + c);
  if (c < width) detail::last_four_sums<Heads>(tile + c * 2, p, width, sums + c);
}

}  // namespace mote::inline v0::simd
