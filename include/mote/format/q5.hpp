// SPDX-License-Identifier: BSL-1.0
// Weights as 5-bit integers, one signed scale for 32 columns of a row. 5.5 bits a weight.
//
//   one block: Rows rows x 32 columns, Rows * 22 bytes
//   | scale row 0 | .. | scale row Rows-1 |  binary16 each
//   | nibble field, Rows * 16 bytes: lower four bits | bit field, Rows * 4 bytes: the fifth |  format/bit_fields.hpp
//
// weight = scale * (code - 16). Codes and scale are those of GGUF's Q5_0, bit for bit; the order of fifth bits differs.
// Error of a Gaussian matrix: 4.27 % RMS (tests/format/q5.cpp).
// Refuses to search for a better scale: host/quantize/ does.
#pragma once

#include <string_view>

#include "mote/format/group_scaled.hpp"

namespace mote::inline v0 {

template <std::size_t Rows = 1>
struct q5 : group_scaled<signed_grid<5>, Rows> {
  static constexpr std::string_view name = Rows == 1 ? "q5" : Rows == 4 ? "q5x4" : Rows == 8 ? "q5x8" : "q5x16";
  template <std::size_t Other>
  using with_rows = q5<Other>;
};

}  // namespace mote::inline v0
