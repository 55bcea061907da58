// SPDX-License-Identifier: BSL-1.0
// split_rows<>: a head in two parts, its first columns and the others, in a basis in which the first have most of every
// logit; beside them the basis, and of each row how long its second part is. kernel/split_matrix.hpp multiplies it.
//
//   | first part (rows, First) | second part (rows, cols - First) | basis (cols, cols) | unit | lengths | blocks |
//
// Each begins on a multiple of 64 bytes, but for lengths and blocks. A row's second part is at most unit * length long;
// the unit is a float, a length a byte of 1 or more. Blocks are bytes too: the largest length of each sixteen rows. The
// head's input is multiplied with the basis first.
// Refuses formats whose sums no bound is proven for: minima, scales of scales, rows of one scale, floats.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "mote/core/bytes.hpp"
#include "mote/format/q8.hpp"

namespace mote::inline v0 {

/// Whether weights of a format can be in two parts, the first of so many columns.
template <class Inner, std::size_t First>
inline constexpr bool can_be_split = [] {
  if constexpr (requires { Inner::scale_columns; })
    return (Inner::activation_group == 32 || Inner::activation_group == 64) && First != 0 &&
           First % Inner::activation_group == 0;
  else return false;
}();

template <class Inner, std::size_t First>
struct split_rows {
  static_assert(can_be_split<Inner, First>);  // policy/split.hpp says so in words

 private:
  static constexpr std::string_view prefix = "split_";
  static constexpr auto letters = [] {
    std::array<char, prefix.size() + Inner::name.size()> all{};
    for (std::size_t i = 0; i < all.size(); ++i)
      all[i] = i < prefix.size() ? prefix[i] : Inner::name[i - prefix.size()];
    return all;
  }();

 public:
  using inner = Inner;
  using basis = q8<Inner::rows, Inner::activation_group>;
  static constexpr std::size_t first_columns = First;
  static constexpr std::string_view name{letters.data(), letters.size()};
  static constexpr std::size_t rows = Inner::rows;
  static constexpr std::size_t group = First;  // makes the fingerprint another one
  static constexpr std::size_t activation_group = Inner::activation_group;
  static constexpr bool quantized = true;

  static constexpr std::size_t block = 16;  // rows whose longest second part has a byte of its own

  static constexpr std::size_t second_at(std::size_t row_count) { return round_up(Inner::bytes(row_count, First), 64); }
  static constexpr std::size_t basis_at(std::size_t row_count, std::size_t cols) {
    return second_at(row_count) + round_up(Inner::bytes(row_count, cols - First), 64);
  }
  static constexpr std::size_t unit_at(std::size_t row_count, std::size_t cols) {
    return basis_at(row_count, cols) + round_up(basis::bytes(cols, cols), 64);
  }
  static constexpr std::size_t bytes(std::size_t row_count, std::size_t cols) {
    return unit_at(row_count, cols) + round_up(sizeof(float) + row_count + ceil_div(row_count, block), 64);
  }

  static constexpr std::size_t rows_together = 64;  // of the second part, at most
  /// What a product needs beside its input: the turned input, and its second part in 8 bits.
  static constexpr std::size_t scratch_bytes(std::size_t cols) {
    const std::size_t groups = ceil_div(cols - First, activation_group);
    return round_up(cols, 16) * sizeof(float) + round_up(groups * (activation_group + 8), 64);
  }
};

/// Whether a format is a head in two parts.
template <class Format>
inline constexpr bool is_split = requires { Format::first_columns; };

}  // namespace mote::inline v0
