// SPDX-License-Identifier: BSL-1.0
// Weights as 4-bit integers, one signed scale for 32 columns of a row. 4.5 bits a weight.
//
//   one block: Rows rows x 32 columns, Rows * 18 bytes
//   | scale row 0 | .. | scale row Rows-1 |  binary16 each
//   | bytes of quads 0|4: row 0 .. row Rows-1 | 1|5 | 2|6 | 3|7 |   lower four bits: columns 0-15, upper: 16-31
//
// weight = scale * (code - 8). With Rows = 1 a block is GGUF's Q4_0, bit for bit, and so is the rounding: the largest
// weight of a group becomes code 0. Error of a Gaussian matrix: 8.6 % RMS (tests/format/q4.cpp). A model of fewer than
// a hundred million weights loses quality with four bits: see docs/reference/formats.md.
// Refuses to search for a better scale: host/quantize/ does.
#pragma once

#include <string_view>

#include "mote/format/group_scaled.hpp"

namespace mote::inline v0 {

template <std::size_t Rows = 1>
struct q4 : group_scaled<signed_grid<4>, Rows> {
  static constexpr std::string_view name = Rows == 1 ? "q4" : Rows == 4 ? "q4x4" : Rows == 8 ? "q4x8" : "q4x16";
  template <std::size_t Other>
  using with_rows = q4<Other>;
};

}  // namespace mote::inline v0
