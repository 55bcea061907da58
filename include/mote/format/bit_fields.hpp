// SPDX-License-Identifier: BSL-1.0
// The bit layout of unsigned codes: 32 columns of Rows rows, in bit fields of whole dot4 vectors (Rows * 4 bytes: four
// columns of row 0, of row 1, ...; quad q is columns 4q .. 4q + 3).
//
//   byte field    8 vectors   | quad 0 | quad 1 | .. | quad 7 |
//   nibble field  4 vectors   vector i:  bits 0-3 quad i      bits 4-7 quad i + 4
//   pair field    2 vectors   vector i:  bits 0-1 quad i      2-3 quad i + 2     4-5 quad i + 4     6-7 quad i + 6
//   bit field     1 vector               bit b    quad b
//
//   bits a code   8: byte   6: nibble, pair   5: nibble, bit   4: nibble   3: pair, bit   2: pair
//   where two fields are named, the first holds the lower bits of a code and comes first.
//
// With one row, the nibble field is that of GGUF's Q4_0: column j in bits 0-3 of byte j, column j + 16 in bits 4-7.
// Refuses to know what a code means.
#pragma once

#include <cstddef>
#include <cstdint>

#include "mote/simd/dot4.hpp"

namespace mote::inline v0 {

template <unsigned Bits, std::size_t Rows>
struct bit_fields {
  static_assert(Bits == 8 || (Bits >= 2 && Bits <= 6));
  static constexpr std::size_t vector_bytes = Rows * 4;
  static constexpr std::size_t quads = 8;
  static constexpr std::size_t bytes = vector_bytes * Bits;

  /// The lower bits of a code.
  static constexpr unsigned low_bits = Bits == 3 ? 2 : Bits == 8 ? 8 : Bits >= 4 ? 4 : 2;
  static constexpr std::size_t low_vectors = low_bits;  // a field of n bits a code has n vectors
  static constexpr unsigned high_bits = Bits - low_bits;

  /// The code of (row, col).
  static constexpr unsigned get(const std::uint8_t* p /* (bytes) */, std::size_t row, std::size_t col) {
    unsigned code = part<low_bits>(p, row, col);
    if constexpr (high_bits != 0) code |= part<high_bits>(p + low_vectors * vector_bytes, row, col) << low_bits;
    return code;
  }
  static constexpr void put(std::uint8_t* p /* (bytes) */, std::size_t row, std::size_t col, unsigned code) {
    put_part<low_bits>(p, row, col, code);
    if constexpr (high_bits != 0) put_part<high_bits>(p + low_vectors * vector_bytes, row, col, code >> low_bits);
  }

  /// Unpacks a group: w[q] holds the codes of quad q, shifted left by To; with InPlace those of upper nibbles by four.
  template <class Unit, unsigned To = 0, bool InPlace = false>
  MOTE_INLINE static void unpack(const std::uint8_t* p /* (bytes) */, typename Unit::vector (&w)[quads]) {
#pragma GCC unroll 8
    for (std::size_t i = 0; i < low_vectors; ++i) {
      const auto v = Unit::load(p + i * vector_bytes);
      if constexpr (low_bits == 8) {
        static_assert(To == 0);
        w[i] = v;
      } else if constexpr (low_bits == 4) {
        w[i] = Unit::template field<0, 4, To>(v);
        w[i + 4] = Unit::template field<4, 4, InPlace ? 4 : To>(v);
      } else {
        w[i] = Unit::template field<0, 2, To>(v);
        w[i + 2] = Unit::template field<2, 2, To>(v);
        w[i + 4] = Unit::template field<4, 2, To>(v);
        w[i + 6] = Unit::template field<6, 2, To>(v);
      }
    }
    const std::uint8_t* high = p + low_vectors * vector_bytes;
    constexpr unsigned at = low_bits + To;
    if constexpr (high_bits == 2) {
#pragma GCC unroll 8
      for (std::size_t i = 0; i < 2; ++i) {
        const auto v = Unit::load(high + i * vector_bytes);
        w[i] = Unit::template merge<0, 2, at>(w[i], v);
        w[i + 2] = Unit::template merge<2, 2, at>(w[i + 2], v);
        w[i + 4] = Unit::template merge<4, 2, at>(w[i + 4], v);
        w[i + 6] = Unit::template merge<6, 2, at>(w[i + 6], v);
      }
    } else if constexpr (high_bits == 1) {
      const auto v = Unit::load(high);
      w[0] = Unit::template merge<0, 1, at>(w[0], v);
      w[1] = Unit::template merge<1, 1, at>(w[1], v);
      w[2] = Unit::template merge<2, 1, at>(w[2], v);
      w[3] = Unit::template merge<3, 1, at>(w[3], v);
      w[4] = Unit::template merge<4, 1, at>(w[4], v);
      w[5] = Unit::template merge<5, 1, at>(w[5], v);
      w[6] = Unit::template merge<6, 1, at>(w[6], v);
      w[7] = Unit::template merge<7, 1, at>(w[7], v);
    }
  }

  /// from + the dot product of a group unpacked with InPlace: the sum of upper nibbles is 16 times too large.
  template <class Unit, class Ints, class Activation>  // of one token, or of several: simd/dot4.hpp
  MOTE_INLINE static Ints dot_in_place(Ints from, const typename Unit::vector (&w)[quads], Activation x /* (32) */) {
    static_assert(Bits == 4 && Unit::any_byte);
    const typename Unit::vector low[4] = {w[0], w[1], w[2], w[3]};
    const typename Unit::vector high[4] = {w[4], w[5], w[6], w[7]};
    const auto sixteenfold = Unit::template dot<240>(simd::none_of(from), high, x + 16);
    return Unit::template dot<15>(from, low, x) + simd::shift_right<4>(sixteenfold);
  }

 private:
  // A field of Width bits a code has Width vectors: quad q is in vector q % Width, from bit q / Width * Width on.
  template <unsigned Width>
  static constexpr std::size_t byte_of(std::size_t row, std::size_t col) {
    return (col / 4 % Width * Rows + row) * 4 + col % 4;
  }
  template <unsigned Width>
  static constexpr unsigned part(const std::uint8_t* p, std::size_t row, std::size_t col) {
    return (p[byte_of<Width>(row, col)] >> (col / 4 / Width * Width)) & ((1U << Width) - 1U);
  }
  template <unsigned Width>
  static constexpr void put_part(std::uint8_t* p, std::size_t row, std::size_t col, unsigned bits) {
    const auto shift = static_cast<unsigned>(col / 4 / Width * Width);
    const unsigned mask = ((1U << Width) - 1U) << shift;
    std::uint8_t& byte = p[byte_of<Width>(row, col)];
    byte = static_cast<std::uint8_t>((byte & ~mask) | ((bits << shift) & mask));
  }
};

}  // namespace mote::inline v0
