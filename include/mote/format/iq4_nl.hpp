// SPDX-License-Identifier: BSL-1.0
// Weights as 4-bit indices into a table of 16 numbers, denser near zero, one signed scale for 32 columns of a row. 4.5
// bits a weight.
//
//   one block: Rows rows x 32 columns, Rows * 18 bytes
//   | scale row 0 | .. | scale row Rows-1 |  binary16 each
//   | bytes of quads 0|4: row 0 .. row Rows-1 | 1|5 | 2|6 | 3|7 |   lower four bits: columns 0-15, upper: 16-31
//
// weight = scale * table[code], table = -127 -104 -83 -65 -49 -35 -22 -10 1 13 25 38 53 69 89 113. With Rows = 1 a
// block is GGUF's IQ4_NL, bit for bit. The scale is searched for the least squared error.
// Error of a Gaussian matrix: 7.3 % RMS (tests/format/iq4_nl.cpp).
// Refuses an exact zero: the table has none, its smallest magnitude is 1.
#pragma once

#include <string_view>

#include "mote/format/group_scaled.hpp"

namespace mote::inline v0 {

template <std::size_t Rows = 1>
struct iq4_nl : group_scaled<table_grid, Rows> {
  static constexpr std::string_view name = Rows == 1   ? "iq4_nl"
                                           : Rows == 4 ? "iq4_nlx4"
                                           : Rows == 8 ? "iq4_nlx8"
                                                       : "iq4_nlx16";
  template <std::size_t Other>
  using with_rows = iq4_nl<Other>;
};

}  // namespace mote::inline v0
