// SPDX-License-Identifier: BSL-1.0
// SSE2 has no 8-bit products: bytes are widened to 16 bits and multiplied in pairs (pmaddwd).
#pragma once

namespace mote::inline v0::simd {

template <std::size_t Rows, std::size_t Group>
MOTE_INLINE ints<4> own_group_dot(const std::int8_t* w, const std::int8_t* x, std::int32_t, sse2) {
  __m128i low = _mm_setzero_si128();   // rows 0 and 1, two partial sums each
  __m128i high = _mm_setzero_si128();  // rows 2 and 3
  const __m128i zero = _mm_setzero_si128();
#pragma GCC unroll 16
  for (std::size_t quad = 0; quad < Group / 4; ++quad) {
    const __m128i weights = _mm_loadu_si128(reinterpret_cast<const __m128i*>(w + quad * 16));
    const __m128i sign = _mm_cmpgt_epi8(zero, weights);
    std::int32_t four = 0;
    __builtin_memcpy(&four, x + quad * 4, 4);
    const __m128i bytes = _mm_set1_epi32(four);
    const __m128i activations = _mm_unpacklo_epi8(bytes, _mm_cmpgt_epi8(zero, bytes));
    low = _mm_add_epi32(low, _mm_madd_epi16(_mm_unpacklo_epi8(weights, sign), activations));
    high = _mm_add_epi32(high, _mm_madd_epi16(_mm_unpackhi_epi8(weights, sign), activations));
  }
  const __m128 l = _mm_castsi128_ps(low);
  const __m128 h = _mm_castsi128_ps(high);
  const __m128i even = _mm_castps_si128(_mm_shuffle_ps(l, h, _MM_SHUFFLE(2, 0, 2, 0)));
  const __m128i odd = _mm_castps_si128(_mm_shuffle_ps(l, h, _MM_SHUFFLE(3, 1, 3, 1)));
  ints<4> r;
  r.v[0] = _mm_add_epi32(even, odd);
  return r;
}

}  // namespace mote::inline v0::simd
