// SPDX-License-Identifier: BSL-1.0
// Weights as 3-bit integers, one signed scale for 32 columns of a row. 3.5 bits a weight.
//
//   one block: Rows rows x 32 columns, Rows * 14 bytes
//   | scale row 0 | .. | scale row Rows-1 |  binary16 each
//   | pair field, Rows * 8 bytes: lower two bits | bit field, Rows * 4 bytes: the third |  format/bit_fields.hpp
//
// weight = scale * (code - 4); the scale is searched for the least squared error.
// Error of a Gaussian matrix: 16.2 % RMS (tests/format/q3.cpp). Three bits need training (docs/reference/formats.md).
// Refuses a second level of scales: format/qk.hpp has it.
#pragma once

#include <string_view>

#include "mote/format/group_scaled.hpp"

namespace mote::inline v0 {

template <std::size_t Rows = 1>
struct q3 : group_scaled<signed_grid<3, true>, Rows> {
  static constexpr std::string_view name = Rows == 1 ? "q3" : Rows == 4 ? "q3x4" : Rows == 8 ? "q3x8" : "q3x16";
  template <std::size_t Other>
  using with_rows = q3<Other>;
};

}  // namespace mote::inline v0
