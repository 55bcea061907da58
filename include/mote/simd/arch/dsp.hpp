// SPDX-License-Identifier: BSL-1.0
// Cortex-M4, M7, M33 (and Armv6 and later without NEON): SXTB16 extends four bytes of one row to two pairs of 16 bits,
// and SMLAD adds two products at once. Forms that rotate first are in assembler: GCC 12 does not fold the rotation.
#pragma once

#include <arm_acle.h>

namespace mote::inline v0::simd {

namespace detail {
/// Bytes 1 and 3 of a quad, sign-extended to 16 bits each.
MOTE_INLINE std::int32_t odd_bytes(std::int32_t bytes) {
  std::int32_t r;
  __asm__("sxtb16 %0, %1, ror #8" : "=r"(r) : "r"(bytes));
  return r;
}
}  // namespace detail

template <>
struct dot4<dsp, 1> {
  static constexpr bool own = true;
  static constexpr bool any_byte = true;
  static constexpr int bias = 0;
  static constexpr std::size_t prefetch_ahead = 0;
  static constexpr int prefetch_cache = 1;
  using vector = std::uint32_t;
  static constexpr std::size_t rows_together = 4;  // rows of q8 that rows_dot() multiplies at once

  MOTE_INLINE static vector load(const std::uint8_t* p /* (1, 4) */) {
    vector v = 0;
    __builtin_memcpy(&v, p, 4);
    return v;
  }
  template <unsigned From, unsigned Width, unsigned To>
  MOTE_INLINE static vector field(vector v) {
    constexpr std::uint32_t mask = (((1U << Width) - 1U) << To) * 0x01010101U;
    if constexpr (From > To) return (v >> (From - To)) & mask;
    else return (v << (To - From)) & mask;
  }
  template <unsigned From, unsigned Width, unsigned To>
  MOTE_INLINE static vector merge(vector into, vector v) {
    return into | field<From, Width, To>(v);
  }
  MOTE_INLINE static vector lookup(vector v, const std::int8_t (&table)[16]) {
    const auto* t = reinterpret_cast<const std::uint8_t*>(table);
    return t[v & 15U] | static_cast<vector>(t[v >> 8U & 15U]) << 8U | static_cast<vector>(t[v >> 16U & 15U]) << 16U |
           static_cast<vector>(t[v >> 24U]) << 24U;
  }
  MOTE_INLINE static vector from_signed(vector v) { return v; }
  MOTE_INLINE static vector add(vector a, vector b) { return __uadd8(a, b); }
  template <unsigned To>
  MOTE_INLINE static vector first_trit(vector v) {
    // Even and odd bytes times 3, each in a field of 16 bits: the upper byte is the digit.
    const std::uint32_t even = (v & 0x00FF00FFU) * 3U;
    const std::uint32_t odd = (v >> 8U & 0x00FF00FFU) * 3U;
    const std::uint32_t digits = (even >> 8U & 0x00030003U) | (odd & 0x03000300U);
    return digits << To;
  }

  template <unsigned Largest, std::size_t Quads>
  MOTE_INLINE static ints<1> dot(ints<1> from, const vector (&w)[Quads], const std::int8_t* x /* (Quads, 4) */) {
#pragma GCC unroll 16
    for (std::size_t at = 0; at < Quads; ++at) {
      const std::int32_t a = detail::four_of(x + at * 4);
      from.v[0] = __smlad(__sxtb16(a), even_bytes(w[at]), from.v[0]);
      from.v[0] = __smlad(detail::odd_bytes(a), odd_bytes(w[at]), from.v[0]);
    }
    return from;
  }
  template <std::size_t Quads>
  MOTE_INLINE static ints<1> signed_dot(ints<1> from, const vector (&w)[Quads], const std::int8_t* x /* (Quads, 4) */,
                                        std::int32_t) {
#pragma GCC unroll 16
    for (std::size_t at = 0; at < Quads; ++at) {
      const std::int32_t a = detail::four_of(x + at * 4);
      const auto v = static_cast<std::int32_t>(w[at]);
      from.v[0] = __smlad(detail::odd_bytes(a), detail::odd_bytes(v), __smlad(__sxtb16(a), __sxtb16(v), from.v[0]));
    }
    return from;
  }

  /// Extends x to pairs of 16 bits, two words a quad: columns 0 and 2, then columns 1 and 3. Done once for all rows.
  MOTE_INLINE static void spread(const std::int8_t* x /* (quads, 4) */, std::size_t quads,
                                 std::int32_t* pairs /* (quads, 2) */) {
    for (std::size_t at = 0; at < quads; ++at) {
      const std::int32_t a = detail::four_of(x + at * 4);
      pairs[at * 2] = __sxtb16(a);
      pairs[at * 2 + 1] = detail::odd_bytes(a);
    }
  }
  /// Returns p, hidden from the compiler, so that it adds to one address register instead of keeping one for each row.
  MOTE_INLINE static const std::uint8_t* plain_address(const std::uint8_t* p) {
    __asm__("" : "+r"(p));
    return p;
  }
  /// sum[row] = the dot product of Cols signed weights at w + row * stride with `pairs`. Advances w and pairs.
  template <std::size_t Cols>
  MOTE_INLINE static void rows_dot(const std::uint8_t*& w, std::size_t stride,
                                   const std::int32_t*& pairs /* (Cols / 2) */, std::int32_t (&sum)[rows_together]) {
    if constexpr (Cols == 64) {
      rows_dot<32>(w, stride, pairs, sum);
      std::int32_t more[rows_together];
      rows_dot<32>(w, stride, pairs, more);
#pragma GCC unroll 4
      for (std::size_t row = 0; row < rows_together; ++row) sum[row] += more[row];
    } else {
      static_assert(Cols == 32);
#if defined(__thumb2__) && defined(__ARM_FEATURE_UNALIGNED)
      // In assembler: twelve registers suffice, but GCC 12 spills. Row 0 is last of the four and advances the address.
#define MOTE_DSP_ROW(sum, load, first) \
  "ldr %[four], [%[w]" load            \
  "\n\t"                               \
  "sxtb16 %[half], %[four]\n\t"        \
  "sxtb16 %[four], %[four], ror #8\n\t" first "smlad %[" sum "], %[four], %[odd], %[" sum "]\n\t"
#define MOTE_DSP_NEXT(sum) "smlad %[" sum "], %[half], %[even], %[" sum "]\n\t"
#define MOTE_DSP_FIRST(sum) "smuad %[" sum "], %[half], %[even]\n\t"
#define MOTE_DSP_QUAD(form)                                                                                 \
  "ldrd %[even], %[odd], [%[pairs]], #8\n\t" MOTE_DSP_ROW("s1", ", %[stride]]", form("s1"))                 \
      MOTE_DSP_ROW("s2", ", %[stride], lsl #1]", form("s2")) MOTE_DSP_ROW("s3", ", %[thrice]]", form("s3")) \
          MOTE_DSP_ROW("s0", "], #4", form("s0"))
      std::int32_t even, odd, four, half;
      __asm__ volatile(
          MOTE_DSP_QUAD(MOTE_DSP_FIRST) MOTE_DSP_QUAD(MOTE_DSP_NEXT) MOTE_DSP_QUAD(MOTE_DSP_NEXT)
              MOTE_DSP_QUAD(MOTE_DSP_NEXT) MOTE_DSP_QUAD(MOTE_DSP_NEXT) MOTE_DSP_QUAD(MOTE_DSP_NEXT)
                  MOTE_DSP_QUAD(MOTE_DSP_NEXT) MOTE_DSP_QUAD(MOTE_DSP_NEXT)
          : [s0] "=&r"(sum[0]), [s1] "=&r"(sum[1]), [s2] "=&r"(sum[2]), [s3] "=&r"(sum[3]), [w] "+&r"(w),
            [pairs] "+&r"(pairs), [even] "=&r"(even), [odd] "=&r"(odd), [four] "=&r"(four), [half] "=&r"(half)
          : [stride] "r"(stride), [thrice] "r"(stride * 3)
          : "memory");
#undef MOTE_DSP_QUAD
#undef MOTE_DSP_FIRST
#undef MOTE_DSP_NEXT
#undef MOTE_DSP_ROW
#else
      for (auto& s : sum) s = 0;
#pragma GCC unroll 16
      for (std::size_t col = 0; col < Cols; col += 4)
#pragma GCC unroll 4
        for (std::size_t row = 0; row < rows_together; ++row) {
          const auto four = static_cast<std::int32_t>(load(w + row * stride + col));
          sum[row] =
              __smlad(detail::odd_bytes(four), pairs[col / 2 + 1], __smlad(__sxtb16(four), pairs[col / 2], sum[row]));
        }
      w += Cols;
      pairs += Cols / 2;
#endif
    }
  }

 private:
  MOTE_INLINE static std::int32_t even_bytes(vector v) { return static_cast<std::int32_t>(v & 0x00FF00FFU); }
  MOTE_INLINE static std::int32_t odd_bytes(vector v) {
    std::int32_t r;
    __asm__("uxtb16 %0, %1, ror #8" : "=r"(r) : "r"(v));
    return r;
  }
};

}  // namespace mote::inline v0::simd
