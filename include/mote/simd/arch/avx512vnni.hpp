// SPDX-License-Identifier: BSL-1.0
// AVX-512 VNNI adds four unsigned-by-signed products at once (vpdpbusd). Weights become unsigned by adding 128, and
// 128 times the sum of the activations is taken off again before the first product.
#pragma once

namespace mote::inline v0::simd {

template <std::size_t Rows, std::size_t Group>
MOTE_INLINE ints<16> own_group_dot(const std::int8_t* w, const std::int8_t* x, std::int32_t x_sum, avx512_vnni) {
  // Two chains hide the latency of vpdpbusd (4 to 5 cycles).
  __m512i sum[2] = {_mm512_set1_epi32(-128 * x_sum), _mm512_setzero_si512()};
  const __m512i offset = _mm512_set1_epi8(static_cast<char>(-128));
#pragma GCC unroll 16
  for (std::size_t quad = 0; quad < Group / 4; ++quad) {
    const __m512i weights = _mm512_loadu_si512(w + quad * 64);
    std::int32_t four = 0;
    __builtin_memcpy(&four, x + quad * 4, 4);
    sum[quad & 1U] = _mm512_dpbusd_epi32(sum[quad & 1U], _mm512_xor_si512(weights, offset), _mm512_set1_epi32(four));
  }
  ints<16> r;
  r.v[0] = _mm512_add_epi32(sum[0], sum[1]);
  return r;
}

}  // namespace mote::inline v0::simd
