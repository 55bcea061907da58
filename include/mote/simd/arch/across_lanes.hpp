// SPDX-License-Identifier: BSL-1.0
// Operations of simd/pack.hpp that combine lanes or narrow them; some instruction sets have instructions for them.
// Refuses to be included alone: simd/pack.hpp includes it, after the declarations that it needs.
#pragma once

namespace mote::inline v0::simd {

/// The sum of four lanes, modulo 2^32.
MOTE_INLINE std::int32_t reduce_add(ints<4> a) {
#if MOTE_WITH_RVV
  return __builtin_reduce_add(a.v[0].v);
#else
  std::int32_t lanes[4];
  a.store(lanes);
  return detail::wrapped_sum(detail::wrapped_sum(lanes[0], lanes[1]), detail::wrapped_sum(lanes[2], lanes[3]));
#endif
}

/// Stores sixteen integers as bytes; each must be within -128 to 127.
MOTE_INLINE void store_bytes(ints<16> a, std::int8_t* p /* (16) */) {
#if MOTE_WITH_XSIMD && defined(__AVX512F__)
  _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm512_cvtepi32_epi8(a.v[0]));
#elif MOTE_WITH_AVX2
  // Packing works within 128-bit halves, so the four quarters come out in the order 0 2 1 3; the permutation undoes it.
  const __m256i words = _mm256_permute4x64_epi64(_mm256_packs_epi32(a.v[0], a.v[1]), 0xD8);
  const __m128i bytes = _mm_packs_epi16(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(p), bytes);
#elif MOTE_WITH_SSE2
  _mm_storeu_si128(reinterpret_cast<__m128i*>(p),
                   _mm_packs_epi16(_mm_packs_epi32(a.v[0], a.v[1]), _mm_packs_epi32(a.v[2], a.v[3])));
#elif MOTE_WITH_SVE
  svst1b_s32(svptrue_b32(), p, a.v[0]);
  svst1b_s32(svptrue_b32(), p + 8, a.v[1]);
#elif MOTE_WITH_XSIMD && defined(__aarch64__)
  const int16x8_t low = vcombine_s16(vmovn_s32(a.v[0]), vmovn_s32(a.v[1]));
  const int16x8_t high = vcombine_s16(vmovn_s32(a.v[2]), vmovn_s32(a.v[3]));
  vst1q_s8(p, vcombine_s8(vmovn_s16(low), vmovn_s16(high)));
#elif MOTE_WITH_WASM
  wasm_v128_store(
      p, wasm_i8x16_narrow_i16x8(wasm_i16x8_narrow_i32x4(a.v[0], a.v[1]), wasm_i16x8_narrow_i32x4(a.v[2], a.v[3])));
#elif MOTE_WITH_RVV
  using codes = std::int8_t __attribute__((ext_vector_type(16)));
  detail::store_narrow<codes>(a.v[0], p);
#else
  detail::store_lanes(a, p);
#endif
}

/// Stores sixteen integers as 16-bit words; each must be within -32768 to 32767.
MOTE_INLINE void store_words(ints<16> a, std::int16_t* p /* (16) */) {
#if MOTE_WITH_XSIMD && defined(__AVX512F__)
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), _mm512_cvtepi32_epi16(a.v[0]));
#elif MOTE_WITH_AVX2
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(p),
                      _mm256_permute4x64_epi64(_mm256_packs_epi32(a.v[0], a.v[1]), 0xD8));
#elif MOTE_WITH_SSE2
  _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm_packs_epi32(a.v[0], a.v[1]));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(p + 8), _mm_packs_epi32(a.v[2], a.v[3]));
#elif MOTE_WITH_SVE
  svst1h_s32(svptrue_b32(), p, a.v[0]);
  svst1h_s32(svptrue_b32(), p + 8, a.v[1]);
#elif MOTE_WITH_XSIMD && defined(__aarch64__)
  vst1q_s16(p, vcombine_s16(vmovn_s32(a.v[0]), vmovn_s32(a.v[1])));
  vst1q_s16(p + 8, vcombine_s16(vmovn_s32(a.v[2]), vmovn_s32(a.v[3])));
#elif MOTE_WITH_WASM
  wasm_v128_store(p, wasm_i16x8_narrow_i32x4(a.v[0], a.v[1]));
  wasm_v128_store(p + 8, wasm_i16x8_narrow_i32x4(a.v[2], a.v[3]));
#elif MOTE_WITH_RVV
  using words = std::int16_t __attribute__((ext_vector_type(16)));
  detail::store_narrow<words>(a.v[0], p);
#else
  detail::store_lanes(a, p);
#endif
}
MOTE_INLINE void store_words(ints<4> a, std::int16_t* p /* (4) */) {
#if MOTE_WITH_RVV  // storing lane by lane would cost a slide each
  using words = std::int16_t __attribute__((ext_vector_type(4)));
  detail::store_narrow<words>(a.v[0], p);
#else
  detail::store_lanes(a, p);
#endif
}

}  // namespace mote::inline v0::simd
