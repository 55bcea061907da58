// SPDX-License-Identifier: BSL-1.0
// Loads scales of binary16 as floats: with a conversion instruction if the machine has one, else singly.
// Refuses to be included alone: simd/half.hpp includes it, after the declarations that it needs.
#pragma once

namespace mote::inline v0::simd {

/// Decodes N halves at p. Without Signed, their sign bits must be zero.
template <std::size_t N, bool Signed = false>
MOTE_INLINE floats<N> load_halves(const half_bits* p) {  // (N)
#if MOTE_WITH_XSIMD && defined(__AVX512F__)
  if constexpr (N == 16) {
    floats<16> r;
    r.v[0] = _mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
    return r;
  }
#endif
#if MOTE_WITH_XSIMD && defined(__F16C__) && defined(__AVX2__)
  if constexpr (N == 8) {
    floats<8> r;
    r.v[0] = _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
    return r;
  }
#endif
#if MOTE_WITH_SVE
  if constexpr (floats<N>::width == 8) {
    floats<N> r;
#pragma GCC unroll 2
    for (std::size_t i = 0; i < r.registers; ++i)
      r.v[i] = svcvt_f32_f16_x(svptrue_b32(), svreinterpret_f16_u32(svld1uh_u32(svptrue_b32(), p + i * 8)));
    return r;
  }
#endif
#if MOTE_WITH_XSIMD && defined(__aarch64__) && defined(__ARM_NEON)
  if constexpr (floats<N>::width == 4) {
    floats<N> r;
#pragma GCC unroll 4
    for (std::size_t i = 0; i < r.registers; ++i) r.v[i] = vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(p + i * 4)));
    return r;
  }
#endif
#if defined(__thumb2__) && defined(__ARM_ARCH_PROFILE) && __ARM_ARCH_PROFILE == 'M' && defined(__ARM_FP)
  // Cortex-M's floating-point units convert halves; compilers use that only with a flag for the format of halves.
  if constexpr (floats<N>::registers == N) {
    floats<N> r;
#pragma GCC unroll 16
    for (std::size_t i = 0; i < N; ++i)
      __asm__("vcvtb.f32.f16 %0, %1" : "=t"(r.v[i]) : "t"(__builtin_bit_cast(float, static_cast<std::uint32_t>(p[i]))));
    return r;
  }
#endif
#if MOTE_WITH_RVV
  if constexpr (N == 16) {
    floats<16> r;
    r.v[0] = detail::sixteen_halves<Signed>(p);
    return r;
  }
#endif
  float decoded[N];
#pragma GCC unroll 16
  for (std::size_t i = 0; i < N; ++i) decoded[i] = Signed ? signed_half_to_float(p[i]) : half_to_float(p[i]);
  return floats<N>::load(decoded);
}
template <std::size_t N>
MOTE_INLINE floats<N> load_signed_halves(const half_bits* p) {  // (N)
  return load_halves<N, true>(p);
}

}  // namespace mote::inline v0::simd
