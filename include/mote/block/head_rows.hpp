// SPDX-License-Identifier: BSL-1.0
// The rows of the head that a pass computes, if not all: those of the tokens that may follow.
// Refuses to say what the other logits are: they are not written.
#pragma once

#include <cstddef>
#include <cstdint>

#include "mote/config.hpp"

namespace mote::inline v0 {

struct head_rows {
  const std::uint32_t* bits = nullptr;  // (vocab) bits, 32 a word: bit id % 32 of word id / 32 is token id's
  std::size_t count = 0;                // bits that are set, or about so many: few() alone reads it

  /// Whether any of `rows` (1 to 32, a divisor of 32) rows from `first` on is computed; `first` is a multiple of rows.
  bool any(std::size_t first, std::size_t rows) const {
    const std::uint32_t mask = rows == 32 ? 0xFFFFFFFFU : (1U << rows) - 1U;
    return (bits[first / 32] >> first % 32 & mask) != 0;
  }
  /// Whether so few rows are computed that skipping the others saves time, although what is left is not contiguous
  /// (docs/reference/constraint.md).
  bool few(std::size_t vocab) const { return count < vocab / 4; }
};

/// Whether what a pass is told of rows is who chooses among them while they are computed (decode/fused_greedy.hpp).
template <class Rows>
inline constexpr bool chooses_in_head = requires { Rows::chooses; };

}  // namespace mote::inline v0
