// SPDX-License-Identifier: BSL-1.0
// Weights as 6-bit integers, one signed scale for 32 columns of a row. 6.5 bits a weight.
//
//   one block: Rows rows x 32 columns, Rows * 26 bytes
//   | scale row 0 | .. | scale row Rows-1 |  binary16 each
//   | nibble field, Rows * 16 bytes: lower four bits | pair field, Rows * 8 bytes: upper two |  format/bit_fields.hpp
//
// weight = scale * (code - 32); the scale is searched for the least squared error.
// Error of a Gaussian matrix: 1.97 % RMS (tests/format/q6.cpp), about 1 % of perplexity at any size of model.
// Refuses a second level of scales: format/qk.hpp has it.
#pragma once

#include <string_view>

#include "mote/format/group_scaled.hpp"

namespace mote::inline v0 {

template <std::size_t Rows = 1>
struct q6 : group_scaled<signed_grid<6, true>, Rows> {
  static constexpr std::string_view name = Rows == 1 ? "q6" : Rows == 4 ? "q6x4" : Rows == 8 ? "q6x8" : "q6x16";
  template <std::size_t Other>
  using with_rows = q6<Other>;
};

}  // namespace mote::inline v0
