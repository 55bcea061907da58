// SPDX-License-Identifier: BSL-1.0
// Loads weights of binary16 and bfloat16 as floats: with conversion instructions if the machine has them, else singly.
// Refuses to be included alone: simd/float16.hpp includes it, after the declarations that it needs.
#pragma once

namespace mote::inline v0::simd {

/// Decodes N binary16 weights at p, with their sign.
template <std::size_t N>
MOTE_INLINE floats<N> load_binary16(const std::uint16_t* p) {  // (N)
  [[maybe_unused]] floats<N> r;
#if MOTE_WITH_XSIMD && defined(__AVX512F__)
  if constexpr (N == 16) {
    r.v[0] = _mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
    return r;
  }
#endif
#if MOTE_WITH_XSIMD && defined(__F16C__) && defined(__AVX2__)
  if constexpr (N % 8 == 0 && floats<N>::width == 8) {
    for (std::size_t i = 0; i < N / 8; ++i)
      r.v[i] = _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p + 8 * i)));
    return r;
  }
  if constexpr (N == 4) {
    r.v[0] = _mm_cvtph_ps(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p)));
    return r;
  }
#elif MOTE_WITH_SSE2
  if constexpr (N % 4 == 0) {  // from_binary16(), four at a time
    for (std::size_t i = 0; i < N / 4; ++i) {
      const __m128i h = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(p + 4 * i));
      const __m128i wide = _mm_unpacklo_epi16(h, _mm_setzero_si128());
      const __m128i sign = _mm_slli_epi32(_mm_and_si128(wide, _mm_set1_epi32(0x8000)), 16);
      const __m128i rest = _mm_slli_epi32(_mm_and_si128(wide, _mm_set1_epi32(0x7FFF)), 13);
      const __m128i magnitude = _mm_castps_si128(_mm_mul_ps(_mm_castsi128_ps(rest), _mm_set1_ps(0x1p112F)));
      const __m128i special =
          _mm_and_si128(_mm_cmpgt_epi32(rest, _mm_set1_epi32(0x0F7FFFFF)), _mm_set1_epi32(0x7F800000));
      r.v[i] = _mm_castsi128_ps(_mm_or_si128(_mm_or_si128(sign, magnitude), special));
    }
    return r;
  }
#elif MOTE_WITH_XSIMD && defined(__aarch64__)
#if MOTE_WITH_SVE
  if constexpr (floats<N>::width == 8) {
    for (std::size_t i = 0; i < N / 8; ++i)
      r.v[i] = svcvt_f32_f16_x(svptrue_b32(), svreinterpret_f16_u32(svld1uh_u32(svptrue_b32(), p + 8 * i)));
    return r;
  }
#endif
  if constexpr (floats<N>::width == 4) {
    for (std::size_t i = 0; i < N / 4; ++i) r.v[i] = vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(p + 4 * i)));
    return r;
  }
#endif
  float decoded[N];
#pragma GCC unroll 16
  for (std::size_t i = 0; i < N; ++i) decoded[i] = from_binary16(p[i]);
  return floats<N>::load(decoded);
}

/// Decodes N pairs of bfloat16: first[i] = p[2i], second[i] = p[2i + 1]. A pair is one 32-bit word, so no lane has to
/// move. p is aligned to 4 bytes.
template <std::size_t N>
MOTE_INLINE void load_bfloat16_pairs(const std::uint16_t* p /* (N, 2) */, floats<N>& first, floats<N>& second) {
#if MOTE_WITH_XSIMD
  if constexpr (floats<N>::width > 1) {
    const auto words = ints<N>::load(reinterpret_cast<const std::int32_t*>(p));
    first = map<floats<N>>(words, [](auto v) { return detail::bits_as_float(xsimd::bitwise_lshift(v, 16)); });
    second = map<floats<N>>(words, [](auto v) { return detail::bits_as_float(v & decltype(v)(-65536)); });
    return;
  }
#endif
  float low[N], high[N];
#pragma GCC unroll 16
  for (std::size_t i = 0; i < N; ++i) {
    std::uint32_t word = 0;
    __builtin_memcpy(&word, __builtin_assume_aligned(p + 2 * i, 4), 4);
    low[i] = __builtin_bit_cast(float, word << 16U);
    high[i] = __builtin_bit_cast(float, word & 0xFFFF0000U);
  }
  first = floats<N>::load(low);
  second = floats<N>::load(high);
}

}  // namespace mote::inline v0::simd
