// SPDX-License-Identifier: BSL-1.0
// How rows of weights lie.
//   layout<16>   rows interleaved by 16 (AVX-512), 8 (AVX2), 4 (SSE2, NEON) or 1 (Cortex-M); left out, the board's own
// Refuses a number that no instruction set wants, with the ones that some do.
#pragma once

#include <cstddef>

#include "mote/core/slots.hpp"

namespace mote::inline v0 {

template <std::size_t Rows>
struct layout {
  using slot = slots::layout;
  static constexpr std::size_t rows = Rows;

  static_assert(Rows == 1 || Rows == 4 || Rows == 8 || Rows == 16,
                "mote: rows cannot be interleaved by this number; use layout<1>, <4>, <8> or <16> [mote-layout-rows]");
};

/// The default of the layout slot.
struct board_layout {
  using slot = slots::layout;
  static constexpr std::size_t rows = 0;  // the board decides
};

}  // namespace mote::inline v0
