// SPDX-License-Identifier: BSL-1.0
// RISC-V V 1.0 loads a dot4 vector as its four columns (vlseg4e8): one register per column, sixteen rows each. So an
// activation is a scalar operand, and no sum crosses lanes. Products of bytes are added in 16 bits (vwmul, vwmacc) for
// as many as cannot overflow, then widened to 32 bits (vwadd).
#pragma once

#include <riscv_vector.h>

#include "mote/simd/arch/rvv_codes.hpp"

namespace mote::inline v0::simd {

template <>
struct dot4<rvv, 16> {
  static constexpr bool own = true;
  static constexpr bool any_byte = false;
  static constexpr int bias = 0;
  static constexpr std::size_t prefetch_ahead = 0;
  static constexpr int prefetch_cache = 1;
  static constexpr bool has_dot_from_memory = true;
  static constexpr bool has_codes_dot_from_memory = true;

  using bytes = std::uint8_t __attribute__((ext_vector_type(16)));
  using all_bytes = std::uint8_t __attribute__((ext_vector_type(64)));
  /// field() only sets the shifts and the mask, and cut() applies them just before a product: the fields of a whole
  /// block would not fit the registers. After inlining the shifts and the mask are constants.
  struct vector {
    bytes column[4];  // (4, 16)
    std::uint8_t right = 0;
    std::uint8_t left = 0;
    std::uint8_t mask = 255;

    MOTE_INLINE bytes cut(std::size_t c) const { return ((column[c] >> right) << left) & mask; }
    MOTE_INLINE vector cut() const { return {{cut(0), cut(1), cut(2), cut(3)}}; }
  };

  MOTE_INLINE static vector load(const std::uint8_t* p /* (16, 4) */) {
    all_bytes all;
    __builtin_memcpy(&all, p, sizeof all);
    return {{take<0>(all), take<1>(all), take<2>(all), take<3>(all)}};
  }
  /// The inverse of load().
  static void store(const vector& v, std::uint8_t* p /* (16, 4) */) {
    for (std::size_t i = 0; i < 64; ++i) p[i] = v.cut(i % 4)[i / 4];
  }
  template <unsigned From, unsigned Width, unsigned To>
  MOTE_INLINE static vector field(vector v) {
    constexpr bool alone = (To == 0 && From + Width == 8) || (From == 0 && To + Width == 8);
    v = v.cut();
    v.right = From > To ? From - To : 0;
    v.left = From < To ? To - From : 0;
    v.mask = alone ? 255 : ((1U << Width) - 1U) << To;
    return v;
  }
  template <unsigned From, unsigned Width, unsigned To>
  MOTE_INLINE static vector merge(vector into, vector v) {
    v = field<From, Width, To>(v);
    return {{into.cut(0) | v.cut(0), into.cut(1) | v.cut(1), into.cut(2) | v.cut(2), into.cut(3) | v.cut(3)}};
  }
  MOTE_INLINE static vector lookup(vector v, const std::int8_t (&table)[16]) {
    // Through memory: the compiler's vector types have no vrgather, and the intrinsic's types have no fixed size.
    const vuint8m1_t from = __riscv_vle8_v_u8m1(reinterpret_cast<const std::uint8_t*>(table), 16);
    v = v.cut();
#pragma GCC unroll 4
    for (auto& b : v.column) {
      std::uint8_t at[16];
      __builtin_memcpy(at, &b, 16);
      __riscv_vse8_v_u8m1(at, __riscv_vrgather_vv_u8m1(from, __riscv_vle8_v_u8m1(at, 16), 16), 16);
      __builtin_memcpy(&b, at, 16);
    }
    return v;
  }
  MOTE_INLINE static vector from_signed(vector v) { return v; }
  MOTE_INLINE static vector add(vector a, vector b) {
    return {{a.cut(0) + b.cut(0), a.cut(1) + b.cut(1), a.cut(2) + b.cut(2), a.cut(3) + b.cut(3)}};
  }
  template <unsigned To>
  MOTE_INLINE static vector first_trit(vector v) {
    v = v.cut();
#pragma GCC unroll 4
    for (auto& b : v.column) {
      // A comparison gives -1 where it holds.
      const bytes digit = -(__builtin_bit_cast(bytes, b > 85) + __builtin_bit_cast(bytes, b > 170));
      b = digit << static_cast<std::uint8_t>(To);
    }
    return v;
  }

  template <unsigned Largest, std::size_t Quads>
  MOTE_INLINE static ints<16> dot(ints<16> from, const vector (&w)[Quads], const std::int8_t* x /* (Quads, 4) */) {
    static_assert(Largest <= 127, "bytes are multiplied as numbers with a sign");
    constexpr std::size_t together = 32767 / (Largest * 127);  // products that cannot overflow 16 bits
    static_assert(together >= 2);
#pragma GCC unroll 64
    for (std::size_t first = 0; first < Quads * 4; first += together) {
      words sum = product(w, x, first);
#pragma GCC unroll 64
      for (std::size_t i = 1; i < (together < Quads * 4 ? together : Quads * 4); ++i)
        if (first + i < Quads * 4) sum += product(w, x, first + i);
      from.v[0].v += __builtin_convertvector(sum, decltype(from.v[0].v));
    }
    return from;
  }
  /// The dot products of Quads quads of signed weights, read from memory, with x.
  template <std::size_t Quads>
  MOTE_INLINE static ints<16> dot_from_memory(const std::uint8_t* w /* (Quads, 16, 4) */,
                                              const std::int8_t* x /* (Quads, 4) */) {
    ints<16> r;
    r.v[0] = detail::lane_of(detail::rvv_bytes::dot<Quads>(w, x));
    return r;
  }
  /// start + Step * the dot products of 32 columns of codes, in bit_fields<Bits, 16> (format/bit_fields.hpp), with x.
  template <unsigned Bits, unsigned Step>
  MOTE_INLINE static ints<16> codes_dot_from_memory(std::int32_t start, const std::uint8_t* p /* (Bits, 16, 4) */,
                                                    const std::int8_t* x /* (32) */) {
    ints<16> r;
    r.v[0] = detail::lane_of(detail::rvv_codes<Bits>::template dot<Step>(start, p, x));
    return r;
  }
  /// sum[0] = start[0] + the dot products of the first 16 of 32 columns; sum[1] = start[1] + those of the last 16.
  template <unsigned Bits>
  MOTE_INLINE static void halves_dot_from_memory(const std::int32_t (&start)[2],
                                                 const std::uint8_t* p /* (Bits, 16, 4) */,
                                                 const std::int8_t* x /* (32) */, ints<16> (&sum)[2]) {
    vint32m4_t first = __riscv_vmv_v_x_i32m4(start[0], 16);
    vint32m4_t last = __riscv_vmv_v_x_i32m4(start[1], 16);
    detail::rvv_codes<Bits>::halves_dot(first, last, p, x);
    sum[0].v[0] = detail::lane_of(first);
    sum[1].v[0] = detail::lane_of(last);
  }
  /// The dot products of 32 columns of weights table[nibble] with x. The table's values are within +-127.
  MOTE_INLINE static ints<16> table_dot_from_memory(const std::int8_t (&table)[16],
                                                    const std::uint8_t* p /* (4, 16, 4) */,
                                                    const std::int8_t* x /* (32) */) {
    ints<16> r;
    r.v[0] = detail::lane_of(detail::rvv_table::dot(table, p, x));
    return r;
  }
  template <std::size_t Quads>
  MOTE_INLINE static ints<16> signed_dot(ints<16> from, const vector (&w)[Quads], const std::int8_t* x /* (Quads, 4) */,
                                         std::int32_t) {
    return dot<127>(from, w, x);
  }

 private:
  using codes = std::int8_t __attribute__((ext_vector_type(16)));
  using words = std::int16_t __attribute__((ext_vector_type(16)));

  template <int Column, class All>
  MOTE_INLINE static bytes take(All v) {
    return __builtin_shufflevector(v, v, Column, Column + 4, Column + 8, Column + 12, Column + 16, Column + 20,
                                   Column + 24, Column + 28, Column + 32, Column + 36, Column + 40, Column + 44,
                                   Column + 48, Column + 52, Column + 56, Column + 60);
  }
  template <std::size_t Quads>
  MOTE_INLINE static words product(const vector (&w)[Quads], const std::int8_t* x, std::size_t i) {
    const words wide = __builtin_convertvector(__builtin_bit_cast(codes, w[i / 4].cut(i % 4)), words);
    return wide * __builtin_convertvector(static_cast<codes>(x[i]), words);
  }
};

}  // namespace mote::inline v0::simd
