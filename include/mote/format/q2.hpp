// SPDX-License-Identifier: BSL-1.0
// Weights as -3, -1, 1 or 3 times a scale for 32 columns of a row. 2.5 bits a weight.
//
//   one block: Rows rows x 32 columns, Rows * 10 bytes
//   | scale row 0 | .. | scale row Rows-1 |  binary16 each
//   | pair field, Rows * 8 bytes: bits 0-1 quads 0 1, bits 2-3 quads 2 3, .. |  format/bit_fields.hpp
//
// weight = scale * (2 * code - 3); the scale is never negative, and searched for the least squared error.
// Error of a Gaussian matrix: 32.7 % RMS (tests/format/q2.cpp).
// Refuses a code for zero: four symmetric steps have less error. Two bits ruin a language model not trained for them.
#pragma once

#include <string_view>

#include "mote/format/group_scaled.hpp"

namespace mote::inline v0 {

template <std::size_t Rows = 1>
struct q2 : group_scaled<odd_grid<2>, Rows> {
  static constexpr std::string_view name = Rows == 1 ? "q2" : Rows == 4 ? "q2x4" : Rows == 8 ? "q2x8" : "q2x16";
  template <std::size_t Other>
  using with_rows = q2<Other>;
};

}  // namespace mote::inline v0
