// SPDX-License-Identifier: BSL-1.0
// SSE2 has no byte multiplication and no byte shuffle: weights and activations are widened to 16 bits and multiplied in
// pairs (pmaddwd), four rows a register.
#pragma once

namespace mote::inline v0::simd {

template <>
struct dot4<sse2, 4> {
  static constexpr bool own = true;
  static constexpr bool any_byte = true;
  static constexpr int bias = 0;
  static constexpr std::size_t prefetch_ahead = 2048;
  static constexpr int prefetch_cache = 1;
  using vector = __m128i;

  MOTE_INLINE static vector load(const std::uint8_t* p /* (4, 4) */) {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
  }
  template <unsigned From, unsigned Width, unsigned To>
  MOTE_INLINE static vector field(vector v) {
    if constexpr (From > To) v = _mm_srli_epi32(v, From - To);
    else if constexpr (From < To) v = _mm_slli_epi32(v, To - From);
    return _mm_and_si128(v, _mm_set1_epi8(static_cast<char>(((1U << Width) - 1U) << To)));
  }
  template <unsigned From, unsigned Width, unsigned To>
  MOTE_INLINE static vector merge(vector into, vector v) {
    return _mm_or_si128(into, field<From, Width, To>(v));
  }
  MOTE_INLINE static vector lookup(vector v, const std::int8_t (&table)[16]) {
    std::uint8_t index[16];
    _mm_storeu_si128(reinterpret_cast<__m128i*>(index), v);
    for (auto& i : index) i = static_cast<std::uint8_t>(table[i]);
    return load(index);
  }
  MOTE_INLINE static vector from_signed(vector v) { return v; }
  MOTE_INLINE static vector add(vector a, vector b) { return _mm_add_epi8(a, b); }
  template <unsigned To>
  MOTE_INLINE static vector first_trit(vector v) {
    // Two averages give 3/4 (v - 1), rounded up: 64 or more from v = 86 on, 128 or more from v = 171 on.
    v = _mm_subs_epu8(v, _mm_set1_epi8(1));
    return field<6, 2, To>(_mm_avg_epu8(_mm_avg_epu8(v, _mm_setzero_si128()), v));
  }

  template <unsigned Largest, std::size_t Quads>
  MOTE_INLINE static ints<4> dot(ints<4> from, const vector (&w)[Quads], const std::int8_t* x /* (Quads, 4) */) {
    return widened(from, w, x, [](__m128i) { return _mm_setzero_si128(); });
  }
  template <std::size_t Quads>
  MOTE_INLINE static ints<4> signed_dot(ints<4> from, const vector (&w)[Quads], const std::int8_t* x /* (Quads, 4) */,
                                        std::int32_t) {
    return widened(from, w, x, [](__m128i v) { return _mm_cmpgt_epi8(_mm_setzero_si128(), v); });
  }

 private:
  /// upper(v): the upper bytes for widening the weights v, zeros or sign bits.
  template <std::size_t Quads, class Upper>
  MOTE_INLINE static ints<4> widened(ints<4> from, const vector (&w)[Quads], const std::int8_t* x, Upper upper) {
    const __m128i zero = _mm_setzero_si128();
    __m128i low = zero;   // rows 0 and 1, two partial sums each
    __m128i high = zero;  // rows 2 and 3
#pragma GCC unroll 16
    for (std::size_t at = 0; at < Quads; ++at) {
      const __m128i above = upper(w[at]);
      const __m128i bytes = _mm_set1_epi32(detail::four_of(x + at * 4));
      const __m128i activations = _mm_unpacklo_epi8(bytes, _mm_cmpgt_epi8(zero, bytes));
      low = _mm_add_epi32(low, _mm_madd_epi16(_mm_unpacklo_epi8(w[at], above), activations));
      high = _mm_add_epi32(high, _mm_madd_epi16(_mm_unpackhi_epi8(w[at], above), activations));
    }
    const __m128 l = _mm_castsi128_ps(low);
    const __m128 h = _mm_castsi128_ps(high);
    const __m128i even = _mm_castps_si128(_mm_shuffle_ps(l, h, _MM_SHUFFLE(2, 0, 2, 0)));
    const __m128i odd = _mm_castps_si128(_mm_shuffle_ps(l, h, _MM_SHUFFLE(3, 1, 3, 1)));
    from.v[0] = _mm_add_epi32(from.v[0], _mm_add_epi32(even, odd));
    return from;
  }
};

}  // namespace mote::inline v0::simd
