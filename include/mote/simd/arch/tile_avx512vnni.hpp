// SPDX-License-Identifier: BSL-1.0
// Tiles on AVX-512 VNNI: codes are widened as they are loaded; vpdpwssd adds two products to each of sixteen sums.
#pragma once

namespace mote::inline v0::simd {

namespace detail {
MOTE_INLINE __m512i thirty_two_words(const std::int8_t* p) {
  return _mm512_cvtepi8_epi16(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
}

/// sums (Heads, width) += weights times values, for 16 * Chunks channels. The sums stay in registers for a whole tile.
template <std::size_t Heads, std::size_t Chunks>
MOTE_INLINE void avx512_sums(const std::int8_t* tile, const std::int16_t* p, std::size_t width, std::int32_t* sums) {
  __m512i sum[Heads][Chunks];
#pragma GCC unroll 8
  for (std::size_t i = 0; i < Heads * Chunks; ++i)
    sum[i / Chunks][i % Chunks] = _mm512_loadu_si512(sums + i / Chunks * width + i % Chunks * 16);
  for (std::size_t t = 0; t < tile_tokens; t += 2) {
    __m512i weight[Heads];
#pragma GCC unroll 2
    for (std::size_t h = 0; h < Heads; ++h) weight[h] = _mm512_set1_epi32(word_pair(p + h * tile_tokens + t));
#pragma GCC unroll 4
    for (std::size_t chunk = 0; chunk < Chunks; ++chunk) {
      const __m512i v = thirty_two_words(tile + t * width + chunk * 32);
#pragma GCC unroll 2
      for (std::size_t h = 0; h < Heads; ++h) sum[h][chunk] = _mm512_dpwssd_epi32(sum[h][chunk], v, weight[h]);
    }
  }
#pragma GCC unroll 8
  for (std::size_t i = 0; i < Heads * Chunks; ++i)
    _mm512_storeu_si512(sums + i / Chunks * width + i % Chunks * 16, sum[i / Chunks][i % Chunks]);
}
}  // namespace detail

template <std::size_t Heads>
MOTE_INLINE void tile_scores_by(const std::int8_t* tile, const std::int16_t* q, std::size_t width, std::int32_t* dots,
                                avx512_vnni) {
  __m512i sum[Heads][2];
#pragma GCC unroll 4
  for (std::size_t i = 0; i < Heads * 2; ++i) sum[i / 2][i % 2] = _mm512_setzero_si512();
  for (std::size_t c = 0; c < width; c += 2) {
    const __m512i k[2] = {detail::thirty_two_words(tile + c * 16),
                          detail::thirty_two_words(tile + c * 16 + 16 * width)};
#pragma GCC unroll 2
    for (std::size_t h = 0; h < Heads; ++h) {
      const __m512i query = _mm512_set1_epi32(detail::word_pair(q + h * width + c));
      sum[h][0] = _mm512_dpwssd_epi32(sum[h][0], k[0], query);
      sum[h][1] = _mm512_dpwssd_epi32(sum[h][1], k[1], query);
    }
  }
#pragma GCC unroll 4
  for (std::size_t i = 0; i < Heads * 2; ++i)
    _mm512_storeu_si512(dots + i / 2 * tile_tokens + i % 2 * 16, sum[i / 2][i % 2]);
}

template <std::size_t Heads>
MOTE_INLINE void tile_sums_by(const std::int8_t* tile, const std::int16_t* p, std::size_t width, std::int32_t* sums,
                              avx512_vnni) {
  std::size_t c = 0;
  for (; c + 64 <= width; c += 64) detail::avx512_sums<Heads, 4>(tile + c * 2, p, width, sums + c);
  for (; c + 32 <= width; c += 32) detail::avx512_sums<Heads, 2>(tile + c * 2, p, width, sums + c);
  for (; c + 16 <= width; c += 16) detail::avx512_sums<Heads, 1>(tile + c * 2, p, width, sums + c);
  for (; c + 8 <= width; c += 8) detail::avx2_sums<Heads, 1>(tile + c * 2, p, width, sums + c);
  if (c < width) detail::last_four_sums<Heads>(tile + c * 2, p, width, sums + c);
}

}  // namespace mote::inline v0::simd
