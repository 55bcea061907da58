// SPDX-License-Identifier: BSL-1.0
// Weights -1, 0 or 1, five of them in a byte, one float scale a row. 1.6 bits a weight: smaller than `ternary`, and
// slower.
//
//   one tile of Rows rows:   | scale row 0 | .. | scale row Rows-1 |  float each
//   for every 20 columns:    | Rows * 4 bytes: byte (row, j) holds columns j, j + 4, j + 8, j + 12, j + 16 |
//   a byte:                  ceil(n * 256 / 243), n = 81 a + 27 b + 9 c + 3 d + e for the five codes in that order
//
// Decoding: byte * 3 / 256 is the first code, and byte * 3 % 256 the byte of the codes that follow.
// weight = scale * (code - 1). Error of a Gaussian matrix: 43.6 % RMS, as `ternary`: rounding ruins a model that was
// not trained for three values.
// Refuses a scale for less than a row.
#pragma once

#include <string_view>

#include "mote/format/row_scaled.hpp"

namespace mote::inline v0 {

template <std::size_t Rows = 1>
struct trits : row_scaled<trits<Rows>, Rows, 20, Rows * 4> {
  static constexpr std::string_view name = Rows == 1   ? "trits"
                                           : Rows == 4 ? "tritsx4"
                                           : Rows == 8 ? "tritsx8"
                                                       : "tritsx16";
  static constexpr double bits_per_weight = 1.6;
  template <std::size_t Other>
  using with_rows = trits<Other>;

  /// The byte that decodes to the five base-three digits of n (below 243), the most significant first.
  static constexpr std::uint8_t byte_of(unsigned n) { return static_cast<std::uint8_t>((n * 256 + 242) / 243); }
  static constexpr unsigned digit(unsigned byte, std::size_t place) {
    for (; place > 0; --place) byte = byte * 3 % 256;
    return byte * 3 / 256;
  }

  static constexpr void put(std::uint8_t* group, std::size_t row, std::size_t col, unsigned code) {
    std::uint8_t& byte = group[row * 4 + col % 4];
    unsigned n = 0;
    for (std::size_t place = 0; place < 5; ++place) n = n * 3 + (place == col / 4 ? code : digit(byte, place));
    byte = byte_of(n);
  }
  static constexpr unsigned get(const std::uint8_t* group, std::size_t row, std::size_t col) {
    return digit(group[row * 4 + col % 4], col / 4);
  }

  // The interface of kernel/integer.hpp. If dot() takes weights up to 255, codes are multiplied in the upper
  // two bits of a byte, and the sum is shifted once a row. It cannot overflow in rows of up to 132,000 columns.

  /// sums[r] = the sum of code * x of four rows that are `stride` bytes apart.
  template <class Unit>
    requires(Unit::takes_rows)
  MOTE_INLINE static void rows_to_their_ends(const std::byte* w, std::size_t stride, const std::int8_t* x,
                                             std::size_t groups, std::int32_t* sums /* (4) */) {
    Unit::rows_of_trits(w + trits<Rows>::header_bytes, stride, x, groups, sums);
  }

  template <class Unit>
  struct partial {
    static constexpr bool in_place = Unit::any_byte;
    simd::ints<Rows> sum;
  };
  template <class Unit>
  MOTE_INLINE static void clear(partial<Unit>& p) {
    p.sum = simd::ints<Rows>::all(0);
  }
  template <class Unit>
  MOTE_INLINE static void unpack(const std::uint8_t* group, typename Unit::vector (&w)[5]) {
    auto v = Unit::load(group);
#pragma GCC unroll 5
    for (std::size_t i = 0; i < 5; ++i) {
      w[i] = Unit::template first_trit<partial<Unit>::in_place ? 6 : 0>(v);
      if (i < 4) v = Unit::add(v, Unit::add(v, v));
    }
  }
  template <class Unit>
  MOTE_INLINE static void add(partial<Unit>& p, const typename Unit::vector (&w)[5], const std::int8_t* x /* (20) */) {
    p.sum = Unit::template dot<partial<Unit>::in_place ? 128 : 2>(p.sum, w, x);
  }
  template <class Unit>
  MOTE_INLINE static simd::ints<Rows> total(const partial<Unit>& p, std::int32_t x_sum) {
    return simd::shift_right<partial<Unit>::in_place ? 6 : 0>(p.sum) - simd::ints<Rows>::all(x_sum);
  }
};

}  // namespace mote::inline v0
