// SPDX-License-Identifier: BSL-1.0
// AVX2 multiplies unsigned by signed bytes and adds pairs of products in 16 bits (vpmaddubsw): eight rows a register.
// Products of small weights are added in 16 bits for as many quads as cannot overflow. For signed weights the
// weight's sign is moved to the activation: |w| times x * sign(w), which holds for a weight of -128 too.
#pragma once

namespace mote::inline v0::simd {

template <>
struct dot4<avx2, 8> {
  static constexpr bool own = true;
  static constexpr bool any_byte = false;
  static constexpr int bias = 0;
  static constexpr std::size_t prefetch_ahead = 2048;
  static constexpr int prefetch_cache = 1;
  using vector = __m256i;

  MOTE_INLINE static vector load(const std::uint8_t* p /* (8, 4) */) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
  }
  template <unsigned From, unsigned Width, unsigned To>
  MOTE_INLINE static vector field(vector v) {
    if constexpr (From > To) v = _mm256_srli_epi32(v, From - To);
    else if constexpr (From < To) v = _mm256_slli_epi32(v, To - From);
    return _mm256_and_si256(v, _mm256_set1_epi8(static_cast<char>(((1U << Width) - 1U) << To)));
  }
  template <unsigned From, unsigned Width, unsigned To>
  MOTE_INLINE static vector merge(vector into, vector v) {
    return _mm256_or_si256(into, field<From, Width, To>(v));
  }
  MOTE_INLINE static vector lookup(vector v, const std::int8_t (&table)[16]) {
    return _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(_mm_loadu_si128(reinterpret_cast<const __m128i*>(table))),
                               v);
  }
  MOTE_INLINE static vector from_signed(vector v) { return v; }
  MOTE_INLINE static vector add(vector a, vector b) { return _mm256_add_epi8(a, b); }
  template <unsigned To>
  MOTE_INLINE static vector first_trit(vector v) {
    // Two averages give 3/4 (v - 1), rounded up: 64 or more from v = 86 on, 128 or more from v = 171 on.
    v = _mm256_subs_epu8(v, _mm256_set1_epi8(1));
    return field<6, 2, To>(_mm256_avg_epu8(_mm256_avg_epu8(v, _mm256_setzero_si256()), v));
  }

  template <unsigned Largest, std::size_t Quads>
  MOTE_INLINE static ints<8> dot(ints<8> from, const vector (&w)[Quads], const std::int8_t* x /* (Quads, 4) */) {
    constexpr std::size_t together = 32767 / (2 * Largest * 127);  // quads whose pairs cannot overflow 16 bits
    static_assert(together >= 1, "weights above 129 would saturate");
    const __m256i ones = _mm256_set1_epi16(1);
    __m256i total = from.v[0];
#pragma GCC unroll 16
    for (std::size_t first = 0; first < Quads; first += together) {
      __m256i pairs = products(w[first], x + first * 4);
#pragma GCC unroll 16
      for (std::size_t i = 1; i < (together < Quads ? together : Quads); ++i)
        if (first + i < Quads) pairs = _mm256_add_epi16(pairs, products(w[first + i], x + (first + i) * 4));
      total = _mm256_add_epi32(total, _mm256_madd_epi16(pairs, ones));
    }
    from.v[0] = total;
    return from;
  }
  template <std::size_t Quads>
  MOTE_INLINE static ints<8> signed_dot(ints<8> from, const vector (&w)[Quads], const std::int8_t* x /* (Quads, 4) */,
                                        std::int32_t) {
    static_assert(2 * 128 * 127 <= 32767);
    const __m256i ones = _mm256_set1_epi16(1);
    __m256i sum[2] = {from.v[0], _mm256_setzero_si256()};  // two chains hide the latency of the additions
#pragma GCC unroll 16
    for (std::size_t at = 0; at < Quads; ++at) {
      const __m256i a = _mm256_set1_epi32(detail::four_of(x + at * 4));
      const __m256i pairs = _mm256_maddubs_epi16(_mm256_abs_epi8(w[at]), _mm256_sign_epi8(a, w[at]));
      sum[at & 1U] = _mm256_add_epi32(sum[at & 1U], _mm256_madd_epi16(pairs, ones));
    }
    from.v[0] = _mm256_add_epi32(sum[0], sum[1]);
    return from;
  }

 private:
  MOTE_INLINE static __m256i products(vector w, const std::int8_t* x /* (4) */) {
    return _mm256_maddubs_epi16(w, _mm256_set1_epi32(detail::four_of(x)));
  }
};

}  // namespace mote::inline v0::simd
