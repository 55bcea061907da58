// SPDX-License-Identifier: BSL-1.0
// AVX-VNNI: vpdpbusd on eight rows, and AVX2 for everything else. Signed weights become unsigned by adding 128.
// In a build for AVX-512 VNNI the same code uses that set's 256-bit encoding.
#pragma once

namespace mote::inline v0::simd {

template <>
struct dot4<avx_vnni, 8> : dot4<avx2, 8> {
  static constexpr bool any_byte = true;
  static constexpr int bias = 128;

  MOTE_INLINE static vector from_signed(vector v) { return _mm256_xor_si256(v, _mm256_set1_epi8(-128)); }
  MOTE_INLINE static vector lookup(vector v, const std::int8_t (&table)[16]) {
    const __m128i sixteen = _mm_loadu_si128(reinterpret_cast<const __m128i*>(table));
    return _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(_mm_xor_si128(sixteen, _mm_set1_epi8(-128))), v);
  }

  template <unsigned Largest, std::size_t Quads>
  MOTE_INLINE static ints<8> dot(ints<8> from, const vector (&w)[Quads], const std::int8_t* x /* (Quads, 4) */) {
    static_assert(Largest <= 255);
    constexpr unsigned chains = Quads > 4 ? 2 : 1;
    __m256i sum[2] = {from.v[0], _mm256_setzero_si256()};  // two chains hide the latency of vpdpbusd (4 to 5 cycles)
#pragma GCC unroll 16
    for (std::size_t at = 0; at < Quads; ++at)
      sum[at % chains] = step(sum[at % chains], w[at], _mm256_set1_epi32(detail::four_of(x + at * 4)));
    from.v[0] = chains == 2 ? _mm256_add_epi32(sum[0], sum[1]) : sum[0];
    return from;
  }
  template <std::size_t Quads>
  MOTE_INLINE static ints<8> signed_dot(ints<8> from, const vector (&w)[Quads], const std::int8_t* x /* (Quads, 4) */,
                                        std::int32_t x_sum) {
    return dot<255>(from - ints<8>::all(bias * x_sum), w, x);
  }

 private:
  MOTE_INLINE static __m256i step(__m256i sum, __m256i w, __m256i x) {
#if defined(__AVXVNNI__)
    return _mm256_dpbusd_avx_epi32(sum, w, x);
#else
    return _mm256_dpbusd_epi32(sum, w, x);
#endif
  }
};

}  // namespace mote::inline v0::simd
