// SPDX-License-Identifier: BSL-1.0
// AVX2 multiplies unsigned by signed bytes (vpmaddubsw): the activation gives its size, the weight takes its sign.
// A pair of products is at most 2 * 127 * 127 = 32,258 and fits 16 bits.
#pragma once

namespace mote::inline v0::simd {

template <std::size_t Rows, std::size_t Group>
MOTE_INLINE ints<8> own_group_dot(const std::int8_t* w, const std::int8_t* x, std::int32_t, avx2) {
  __m256i sum[2] = {_mm256_setzero_si256(), _mm256_setzero_si256()};  // two chains hide the latency of the additions
  const __m256i ones = _mm256_set1_epi16(1);
#pragma GCC unroll 16
  for (std::size_t quad = 0; quad < Group / 4; ++quad) {
    const __m256i weights = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(w + quad * 32));
    std::int32_t four = 0;
    __builtin_memcpy(&four, x + quad * 4, 4);
    const __m256i activations = _mm256_set1_epi32(four);
    const __m256i pairs = _mm256_maddubs_epi16(_mm256_abs_epi8(activations), _mm256_sign_epi8(weights, activations));
    sum[quad & 1U] = _mm256_add_epi32(sum[quad & 1U], _mm256_madd_epi16(pairs, ones));
  }
  ints<8> r;
  r.v[0] = _mm256_add_epi32(sum[0], sum[1]);
  return r;
}

}  // namespace mote::inline v0::simd
