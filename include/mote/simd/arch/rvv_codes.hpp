// SPDX-License-Identifier: BSL-1.0
// RISC-V V 1.0: dot products of codes and bytes with activations, read from bit fields in memory
// (format/bit_fields.hpp). The four columns of a dot4 vector (sixteen rows, a lane each) go to four consecutive
// registers, so one instruction on the group extracts a field of all columns; then each column is multiplied by its
// activation, a scalar.
// Refuses arrays of vectors, which the compiler keeps in memory: 32 columns are two halves that fit the registers.
#pragma once

#include <riscv_vector.h>

#include <cstddef>
#include <cstdint>

namespace mote::inline v0::simd::detail {

/// A dot4 vector in memory.
using rvv_quad_bytes = const std::uint8_t[64];  // (16, 4)
MOTE_INLINE rvv_quad_bytes& rvv_quad_at(const std::uint8_t* p /* (at + 1, 16, 4) */, std::size_t at) {
  return *reinterpret_cast<rvv_quad_bytes*>(p + at * sizeof(rvv_quad_bytes));
}
// Load the columns of one, two or three dot4 vectors, a register each. Intrinsics would copy them to make a group.
MOTE_INLINE void rvv_columns(vuint8m4_t& v, rvv_quad_bytes& p) {
  asm("vsetivli zero, 16, e8, m1, ta, ma\n\tvlseg4e8.v %0, %1" : "=vr"(v) : "A"(p) : "vl", "vtype");
}
MOTE_INLINE void rvv_columns(vuint8m4_t& v, rvv_quad_bytes& p, vuint8m4_t& w, rvv_quad_bytes& q) {
  asm("vsetivli zero, 16, e8, m1, ta, ma\n\tvlseg4e8.v %0, %2\n\tvlseg4e8.v %1, %3"
      : "=vr"(v), "=vr"(w)
      : "A"(p), "A"(q)
      : "vl", "vtype");
}
MOTE_INLINE void rvv_columns(vuint8m4_t& v, rvv_quad_bytes& p, vuint8m4_t& w, rvv_quad_bytes& q, vuint8m4_t& u,
                             rvv_quad_bytes& r) {
  asm("vsetivli zero, 16, e8, m1, ta, ma\n\tvlseg4e8.v %0, %3\n\tvlseg4e8.v %1, %4\n\tvlseg4e8.v %2, %5"
      : "=vr"(v), "=vr"(w), "=vr"(u)
      : "A"(p), "A"(q), "A"(r)
      : "vl", "vtype");
}
// Makes the compiler finish these values before it goes on. Else it mixes operations of different vector lengths, with
// a vsetvli between them, or begins the next half before the registers of this one are free.
template <class Vector>
MOTE_INLINE void rvv_first(Vector& v, const std::uint8_t*& p) {
  asm("" : "+vr"(v), "+r"(p));
}
MOTE_INLINE void rvv_first(vint16m4_t& a, vint16m4_t& b) { asm("" : "+vr"(a), "+vr"(b)); }
MOTE_INLINE void rvv_first(vuint8m4_t& a, vuint8m4_t& b, vuint8m4_t& c, vuint8m4_t& d) {
  asm("" : "+vr"(a), "+vr"(b), "+vr"(c), "+vr"(d));
}
/// The vector length of four whole registers of any size. Lanes after the sixteenth of each are computed but not used.
MOTE_INLINE std::size_t rvv_four() { return __riscv_vsetvlmax_e8m4(); }

/// Bits From .. From + Width - 1 of each byte, moved to bit 0.
template <unsigned From, unsigned Width>
MOTE_INLINE vuint8m4_t rvv_field(vuint8m4_t v) {
  if constexpr (From != 0) v = __riscv_vsrl_vx_u8m4(v, From, rvv_four());
  if constexpr (From + Width != 8) v = __riscv_vand_vx_u8m4(v, (1U << Width) - 1U, rvv_four());
  return v;
}
/// `into` with bits From .. From + Width - 1 of v inserted at To, where `into` must have zeros.
template <unsigned From, unsigned Width, unsigned To>
MOTE_INLINE vuint8m4_t rvv_merged(vuint8m4_t into, vuint8m4_t v) {
  constexpr unsigned mask = (1U << Width) - 1U;
  if constexpr (From + Width == 8 && From > To)
    return __riscv_vmacc_vx_u8m4(into, 1U << To, __riscv_vsrl_vx_u8m4(v, From, rvv_four()), rvv_four());
  else if constexpr (From < To)  // a product with a power of two shifts and adds at once
    return __riscv_vmacc_vx_u8m4(into, 1U << (To - From), __riscv_vand_vx_u8m4(v, mask << From, rvv_four()),
                                 rvv_four());
  else {
    if constexpr (From > To) v = __riscv_vsrl_vx_u8m4(v, From - To, rvv_four());
    return __riscv_vor_vv_u8m4(into, __riscv_vand_vx_u8m4(v, mask << To, rvv_four()), rvv_four());
  }
}

template <std::size_t Column>
MOTE_INLINE vint8m1_t rvv_column(vuint8m4_t w) {
  return __riscv_vreinterpret_v_u8m1_i8m1(__riscv_vget_v_u8m4_u8m1(w, Column));
}
/// The dot products of a quad of codes below 64, in 16 bits; and the same added to `sum`.
MOTE_INLINE vint16m2_t rvv_quad(vuint8m4_t w, const std::int8_t* x /* (4) */) {
  vint16m2_t sum = __riscv_vwmul_vx_i16m2(rvv_column<0>(w), x[0], 16);
  sum = __riscv_vwmacc_vx_i16m2(sum, x[1], rvv_column<1>(w), 16);
  sum = __riscv_vwmacc_vx_i16m2(sum, x[2], rvv_column<2>(w), 16);
  return __riscv_vwmacc_vx_i16m2(sum, x[3], rvv_column<3>(w), 16);
}
MOTE_INLINE vint16m2_t rvv_quad(vint16m2_t sum, vuint8m4_t w, const std::int8_t* x /* (4) */) {
  sum = __riscv_vwmacc_vx_i16m2(sum, x[0], rvv_column<0>(w), 16);
  sum = __riscv_vwmacc_vx_i16m2(sum, x[1], rvv_column<1>(w), 16);
  sum = __riscv_vwmacc_vx_i16m2(sum, x[2], rvv_column<2>(w), 16);
  return __riscv_vwmacc_vx_i16m2(sum, x[3], rvv_column<3>(w), 16);
}

/// Dot products of 32 columns of codes in bit_fields<Bits, 16>, in two halves: first the even quads, then the odd ones,
/// because quads Odd, Odd + 2, Odd + 4 and Odd + 6 are stored in the same vectors.
template <unsigned Bits>
struct rvv_codes {
  static constexpr unsigned low_bits = Bits >= 4 ? 4 : 2;
  static constexpr unsigned high_bits = Bits - low_bits;
  static constexpr unsigned together = 32767 / (((1U << Bits) - 1U) * 127);  // products that cannot overflow 16 bits

  /// start + Step * the dot products of 32 columns.
  template <unsigned Step>
  MOTE_INLINE static vint32m4_t dot(std::int32_t start, const std::uint8_t* p /* (Bits, 16, 4) */,
                                    const std::int8_t* x /* (32) */) {
    vuint8m4_t high = __riscv_vundefined_u8m4(), q0, q1, q2, q3;
    quads<0>(p, high, q0, q1, q2, q3);
    auto even = four(q0, q1, q2, q3, x);
    rvv_first(even, p);
    quads<1>(p, high, q0, q1, q2, q3);
    vint32m4_t sum = together_sum(even, four(q0, q1, q2, q3, x + 4));
    if constexpr (Step == 2) sum = __riscv_vadd_vv_i32m4(sum, sum, 16);
    return __riscv_vadd_vx_i32m4(sum, start, 16);
  }
  /// first += the dot products of columns 0 to 15; last += those of columns 16 to 31.
  MOTE_INLINE static void halves_dot(vint32m4_t& first, vint32m4_t& last, const std::uint8_t* p /* (Bits, 16, 4) */,
                                     const std::int8_t* x /* (32) */) {
    vuint8m4_t high = __riscv_vundefined_u8m4(), q0, q1, q2, q3;
    quads<0>(p, high, q0, q1, q2, q3);
    auto a = two(q0, q1, x);
    auto b = two(q2, q3, x + 16);
    rvv_first(a, p);
    rvv_first(b, p);
    quads<1>(p, high, q0, q1, q2, q3);
    first = __riscv_vadd_vv_i32m4(first, together_sum(a, two(q0, q1, x + 4)), 16);
    last = __riscv_vadd_vv_i32m4(last, together_sum(b, two(q2, q3, x + 20)), 16);
  }

 private:
  MOTE_INLINE static vint32m4_t together_sum(vint16m2_t a, vint16m2_t b) { return __riscv_vwadd_vv_i32m4(a, b, 16); }
  MOTE_INLINE static vint32m4_t together_sum(vint32m4_t a, vint32m4_t b) { return __riscv_vadd_vv_i32m4(a, b, 16); }
  /// The dot products of quads Odd and Odd + 2; x points to the activations of quad Odd.
  MOTE_INLINE static auto two(vuint8m4_t q0, vuint8m4_t q1, const std::int8_t* x /* (12) */) {
    static_assert(together >= 4);
    if constexpr (together >= 8) return rvv_quad(rvv_quad(q0, x), q1, x + 8);
    else return together_sum(rvv_quad(q0, x), rvv_quad(q1, x + 8));
  }
  MOTE_INLINE static auto four(vuint8m4_t q0, vuint8m4_t q1, vuint8m4_t q2, vuint8m4_t q3, const std::int8_t* x) {
    if constexpr (together >= 16) {
      return rvv_quad(rvv_quad(two(q0, q1, x), q2, x + 16), q3, x + 24);
    } else if constexpr (together >= 8) {
      return together_sum(two(q0, q1, x), two(q2, q3, x + 16));
    } else {
      const auto a = rvv_quad(q0, x);
      const auto b = rvv_quad(q1, x + 8);
      const auto c = rvv_quad(q2, x + 16);
      const auto d = rvv_quad(q3, x + 24);
      return __riscv_vwadd_wv_i32m4(__riscv_vwadd_wv_i32m4(together_sum(a, b), c, 16), d, 16);
    }
  }
  /// Unpacks quads Odd, Odd + 2, Odd + 4 and Odd + 6. Where both halves share the upper field, `high` keeps it.
  template <std::size_t Odd>
  MOTE_INLINE static void quads(const std::uint8_t* p, vuint8m4_t& high, vuint8m4_t& q0, vuint8m4_t& q1, vuint8m4_t& q2,
                                vuint8m4_t& q3) {
    vuint8m4_t first, second = __riscv_vundefined_u8m4();
    if constexpr (high_bits == 2)
      rvv_columns(first, rvv_quad_at(p, Odd), second, rvv_quad_at(p, Odd + 2), high, rvv_quad_at(p, 4 + Odd));
    else if constexpr (Bits == 5 && Odd == 0)
      rvv_columns(first, rvv_quad_at(p, 0), second, rvv_quad_at(p, 2), high, rvv_quad_at(p, 4));
    else if constexpr (low_bits == 4) rvv_columns(first, rvv_quad_at(p, Odd), second, rvv_quad_at(p, Odd + 2));
    else if constexpr (Bits == 3 && Odd == 0) rvv_columns(first, rvv_quad_at(p, 0), high, rvv_quad_at(p, 2));
    else rvv_columns(first, rvv_quad_at(p, Odd));
    q0 = code<Odd, 0>(first, second, high);
    q1 = code<Odd, 1>(first, second, high);
    q2 = code<Odd, 2>(first, second, high);
    q3 = code<Odd, 3>(first, second, high);
    rvv_first(q0, q1, q2, q3);
  }
  /// The codes of quad Odd + 2 * Index.
  template <std::size_t Odd, std::size_t Index>
  MOTE_INLINE static vuint8m4_t code(vuint8m4_t first, vuint8m4_t second, vuint8m4_t high) {
    vuint8m4_t v;
    if constexpr (low_bits == 4) v = rvv_field<Index / 2 * 4, 4>(Index % 2 == 0 ? first : second);
    else v = rvv_field<Index * 2, 2>(first);
    if constexpr (high_bits == 2) v = rvv_merged<Index * 2, 2, low_bits>(v, high);
    if constexpr (high_bits == 1) v = rvv_merged<Odd + Index * 2, 1, low_bits>(v, high);
    return v;
  }
};

/// Signed weights within +-127: only two products fit 16 bits, so each pair of columns is widened, two pairs at once.
struct rvv_bytes {
  template <std::size_t Quads>
  MOTE_INLINE static vint32m4_t dot(const std::uint8_t* p /* (Quads, 16, 4) */, const std::int8_t* x /* (Quads, 4) */) {
    static_assert(Quads % 2 == 0);
    vuint8m4_t v, w;
    rvv_columns(v, rvv_quad_at(p, 0), w, rvv_quad_at(p, 1));
    auto sum = __riscv_vwadd_vv_i32m8(pairs(v, x), pairs(w, x + 4), __riscv_vsetvlmax_e16m4());
#pragma GCC unroll 8
    for (std::size_t i = 2; i < Quads; i += 2) {
      rvv_first(sum, p);
      rvv_columns(v, rvv_quad_at(p, i), w, rvv_quad_at(p, i + 1));
      auto a = pairs(v, x + i * 4);
      auto b = pairs(w, x + i * 4 + 4);
      rvv_first(a, b);
      sum = __riscv_vwadd_wv_i32m8(sum, a, __riscv_vsetvlmax_e16m4());
      sum = __riscv_vwadd_wv_i32m8(sum, b, __riscv_vsetvlmax_e16m4());
    }
    return __riscv_vadd_vv_i32m4(__riscv_vget_v_i32m8_i32m4(sum, 0), __riscv_vget_v_i32m8_i32m4(sum, 1), 16);
  }

 private:
  MOTE_INLINE static vint16m4_t pairs(vuint8m4_t w, const std::int8_t* x /* (4) */) {
    const auto a = __riscv_vwmul_vx_i16m2(rvv_column<0>(w), x[0], 16);
    const auto b = __riscv_vwmul_vx_i16m2(rvv_column<2>(w), x[2], 16);
    return __riscv_vcreate_v_i16m2_i16m4(__riscv_vwmacc_vx_i16m2(a, x[1], rvv_column<1>(w), 16),
                                         __riscv_vwmacc_vx_i16m2(b, x[3], rvv_column<3>(w), 16));
  }
};

/// 32 columns of weights table[nibble], within +-127: only two products fit 16 bits.
struct rvv_table {
  MOTE_INLINE static vint32m4_t dot(const std::int8_t (&table)[16], const std::uint8_t* p /* (4, 16, 4) */,
                                    const std::int8_t* x /* (32) */) {
    const vint8m1_t from = __riscv_vle8_v_i8m1(table, 16);
    vint32m4_t sum = __riscv_vmv_v_x_i32m4(0, 16);
    add(sum, from, p, x);
    add(sum, from, p + 64, x + 4);
    add(sum, from, p + 128, x + 8);
    add(sum, from, p + 192, x + 12);
    return sum;
  }

 private:
  MOTE_INLINE static void add(vint32m4_t& sum, vint8m1_t from, const std::uint8_t* p /* (16, 4) */,
                              const std::int8_t* x /* (20) */) {
    vuint8m4_t v;
    rvv_first(sum, p);
    rvv_columns(v, rvv_quad_at(p, 0));
    const vuint8m4_t low = rvv_field<0, 4>(v);
    const vuint8m4_t high = rvv_field<4, 4>(v);
    const auto a = pair<0>(from, low, x);
    const auto b = pair<2>(from, low, x);
    const auto c = pair<0>(from, high, x + 16);
    const auto d = pair<2>(from, high, x + 16);
    sum = __riscv_vwadd_wv_i32m4(__riscv_vwadd_wv_i32m4(sum, a, 16), b, 16);
    sum = __riscv_vwadd_wv_i32m4(__riscv_vwadd_wv_i32m4(sum, c, 16), d, 16);
  }
  template <std::size_t Column>
  MOTE_INLINE static vint16m2_t pair(vint8m1_t from, vuint8m4_t at, const std::int8_t* x /* (4) */) {
    const auto a = __riscv_vrgather_vv_i8m1(from, __riscv_vget_v_u8m4_u8m1(at, Column), 16);
    const auto b = __riscv_vrgather_vv_i8m1(from, __riscv_vget_v_u8m4_u8m1(at, Column + 1), 16);
    return __riscv_vwmacc_vx_i16m2(__riscv_vwmul_vx_i16m2(a, x[Column], 16), x[Column + 1], b, 16);
  }
};

}  // namespace mote::inline v0::simd::detail
