// SPDX-License-Identifier: BSL-1.0
// AVX-512 VNNI adds four products of unsigned and signed bytes to a 32-bit sum (vpdpbusd): sixteen rows a register.
// Signed weights become unsigned by adding 128; 128 times the sum of the activations is then subtracted.
#pragma once

namespace mote::inline v0::simd {

template <>
struct dot4<avx512_vnni, 16> {
  static constexpr bool own = true;
  static constexpr bool any_byte = true;
  static constexpr int bias = 128;
  // The values that lose least over all machines measured (docs/reference/bench.md, "How memory is asked").
  static constexpr std::size_t prefetch_ahead = 2048;
  static constexpr int prefetch_cache = 2;
  using vector = __m512i;

  MOTE_INLINE static vector load(const std::uint8_t* p /* (16, 4) */) { return _mm512_loadu_si512(p); }
  template <unsigned From, unsigned Width, unsigned To>
  MOTE_INLINE static vector field(vector v) {
    return _mm512_and_si512(moved<From, To>(v), mask<Width, To>());
  }
  template <unsigned From, unsigned Width, unsigned To>
  MOTE_INLINE static vector merge(vector into, vector v) {
    const vector field = moved<From, To>(v);
    const vector where = mask<Width, To>();
    return _mm512_ternarylogic_epi32(into, field, where, 0xF8);  // a | (b & c)
  }
  MOTE_INLINE static vector lookup(vector v, const std::int8_t (&table)[16]) {
    const __m128i sixteen = _mm_loadu_si128(reinterpret_cast<const __m128i*>(table));
    return _mm512_shuffle_epi8(_mm512_broadcast_i32x4(_mm_xor_si128(sixteen, _mm_set1_epi8(-128))), v);
  }
  MOTE_INLINE static vector from_signed(vector v) { return _mm512_xor_si512(v, _mm512_set1_epi8(-128)); }
  MOTE_INLINE static vector add(vector a, vector b) { return _mm512_add_epi8(a, b); }
  template <unsigned To>
  MOTE_INLINE static vector first_trit(vector v) {
    // Two averages give 3/4 (v - 1), rounded up: 64 or more from v = 86 on, 128 or more from v = 171 on.
    v = _mm512_subs_epu8(v, _mm512_set1_epi8(1));
    return field<6, 2, To>(_mm512_avg_epu8(_mm512_avg_epu8(v, _mm512_setzero_si512()), v));
  }

  template <unsigned Largest, std::size_t Quads>
  MOTE_INLINE static ints<16> dot(ints<16> from, const vector (&w)[Quads], const std::int8_t* x /* (Quads, 4) */) {
    static_assert(Largest <= 255);
    constexpr unsigned chains = Quads > 4 ? 2 : 1;
    __m512i sum[2] = {from.v[0], _mm512_setzero_si512()};  // two chains hide the latency of vpdpbusd (4 to 5 cycles)
#pragma GCC unroll 16
    for (std::size_t at = 0; at < Quads; ++at)
      sum[at % chains] = _mm512_dpbusd_epi32(sum[at % chains], w[at], _mm512_set1_epi32(detail::four_of(x + at * 4)));
    from.v[0] = chains == 2 ? _mm512_add_epi32(sum[0], sum[1]) : sum[0];
    return from;
  }
  template <std::size_t Quads>
  MOTE_INLINE static ints<16> signed_dot(ints<16> from, const vector (&w)[Quads], const std::int8_t* x /* (Quads, 4) */,
                                         std::int32_t x_sum) {
    return dot<255>(from - ints<16>::all(bias * x_sum), w, x);
  }

  /// Alternates between the tokens' sums: independent chains hide the latency of vpdpbusd.
  struct of_several_tokens {
    static constexpr std::size_t most = 8;
    static constexpr bool any_byte = true;
    using vector = __m512i;

    template <std::size_t Quads>
    MOTE_INLINE static void from(const vector (&w)[Quads], vector (&same)[Quads]) {
#pragma GCC unroll 16
      for (std::size_t i = 0; i < Quads; ++i) same[i] = w[i];
    }
    template <unsigned Largest, std::size_t Quads, std::size_t Tokens>
    MOTE_INLINE static several_ints<16, Tokens> dot(several_ints<16, Tokens> sum, const vector (&w)[Quads],
                                                    several_activations<Tokens> x) {
      static_assert(Largest <= 255);
#pragma GCC unroll 16
      for (std::size_t at = 0; at < Quads; ++at)
#pragma GCC unroll 8
        for (std::size_t k = 0; k < Tokens; ++k)
          sum.of[k].v[0] =
              _mm512_dpbusd_epi32(sum.of[k].v[0], w[at], _mm512_set1_epi32(detail::four_of(x.of[k] + at * 4)));
      return sum;
    }
    template <std::size_t Quads, std::size_t Tokens>
    MOTE_INLINE static several_ints<16, Tokens> signed_dot(several_ints<16, Tokens> sum, const vector (&w)[Quads],
                                                           several_activations<Tokens> x, several_sums<Tokens> x_sum) {
      return dot<255>(sum + start_from<16>(-bias, x_sum), w, x);
    }
  };

 private:
  template <unsigned From, unsigned To>
  MOTE_INLINE static vector moved(vector v) {
    if constexpr (From > To) return _mm512_srli_epi32(v, From - To);
    else if constexpr (From < To) return _mm512_slli_epi32(v, To - From);
    else return v;
  }
  template <unsigned Width, unsigned To>
  MOTE_INLINE static vector mask() {
    return _mm512_set1_epi8(static_cast<char>(((1U << Width) - 1U) << To));
  }
};

}  // namespace mote::inline v0::simd
