// SPDX-License-Identifier: BSL-1.0
// Weights -1, 0 or 1 in two bits, one float scale a row. 2 bits a weight; the fastest format that mote has.
//
//   one tile of Rows rows:   | scale row 0 | .. | scale row Rows-1 |  float each
//   for every 32 columns:    | pair field, Rows * 8 bytes: bits 0-1 quads 0 1, bits 2-3 .. |  format/bit_fields.hpp
//
// weight = scale * (code - 1). Error of a Gaussian matrix: 43.6 % RMS (tests/format/ternary.cpp): rounding ruins a
// model that was not trained for three values.
// Refuses a scale for less than a row.
#pragma once

#include <string_view>

#include "mote/format/bit_fields.hpp"
#include "mote/format/row_scaled.hpp"

namespace mote::inline v0 {

template <std::size_t Rows = 1>
struct ternary : row_scaled<ternary<Rows>, Rows, 32, bit_fields<2, Rows>::bytes> {
  static constexpr std::string_view name = Rows == 1   ? "ternary"
                                           : Rows == 4 ? "ternaryx4"
                                           : Rows == 8 ? "ternaryx8"
                                                       : "ternaryx16";
  static constexpr double bits_per_weight = 2;
  template <std::size_t Other>
  using with_rows = ternary<Other>;

  static constexpr void put(std::uint8_t* group, std::size_t row, std::size_t col, unsigned code) {
    bit_fields<2, Rows>::put(group, row, col, code);
  }
  static constexpr unsigned get(const std::uint8_t* group, std::size_t row, std::size_t col) {
    return bit_fields<2, Rows>::get(group, row, col);
  }

  // The interface of kernel/integer.hpp. If dot() takes weights up to 255, the four fields of a byte are
  // multiplied where they are, each into a sum of its own, which is shifted once a row. The sums cannot overflow in
  // rows of up to 352,000 columns.

  /// sums[r] = the sum of code * x of four rows that are `stride` bytes apart.
  template <class Unit>
    requires(Unit::takes_rows)
  MOTE_INLINE static void rows_to_their_ends(const std::byte* w, std::size_t stride, const std::int8_t* x,
                                             std::size_t groups, std::int32_t* sums /* (4) */) {
    Unit::rows_of_pairs(w + ternary<Rows>::header_bytes, stride, x, groups, sums);
  }

  template <class Unit>
  struct partial {
    static constexpr bool in_place = Unit::any_byte;
    simd::ints<Rows> sum[in_place ? 4 : 1];
  };
  template <class Unit>
  MOTE_INLINE static void clear(partial<Unit>& p) {
    for (auto& s : p.sum) s = simd::ints<Rows>::all(0);
  }
  template <class Unit>
  MOTE_INLINE static void unpack(const std::uint8_t* group, typename Unit::vector (&w)[8]) {
#pragma GCC unroll 2
    for (std::size_t i = 0; i < 2; ++i) {
      const auto v = Unit::load(group + i * Rows * 4);
      constexpr bool stay = partial<Unit>::in_place;
      w[i] = Unit::template field<0, 2, 0>(v);
      w[i + 2] = Unit::template field<2, 2, stay ? 2 : 0>(v);
      w[i + 4] = Unit::template field<4, 2, stay ? 4 : 0>(v);
      w[i + 6] = Unit::template field<6, 2, stay ? 6 : 0>(v);
    }
  }
  template <class Unit>
  MOTE_INLINE static void add(partial<Unit>& p, const typename Unit::vector (&w)[8], const std::int8_t* x /* (32) */) {
    if constexpr (partial<Unit>::in_place) {
#pragma GCC unroll 4
      for (std::size_t f = 0; f < 4; ++f) {
        const typename Unit::vector two[2] = {w[2 * f], w[2 * f + 1]};
        p.sum[f] = Unit::template dot<192>(p.sum[f], two, x + f * 8);
      }
    } else {
      p.sum[0] = Unit::template dot<3>(p.sum[0], w, x);
    }
  }
  template <class Unit>
  MOTE_INLINE static simd::ints<Rows> total(const partial<Unit>& p, std::int32_t x_sum) {
    auto sum = p.sum[0] - simd::ints<Rows>::all(x_sum);
    if constexpr (partial<Unit>::in_place)
      sum = sum + simd::shift_right<2>(p.sum[1]) + simd::shift_right<4>(p.sum[2]) + simd::shift_right<6>(p.sum[3]);
    return sum;
  }
};

}  // namespace mote::inline v0
