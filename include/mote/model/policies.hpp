// SPDX-License-Identifier: BSL-1.0
// The policies about the model itself: bits, row layout, context.
//   quantize<8>    8-bit weights in groups of 32: free in quality at any model size          9 bits a weight with scales
//   quantize<8, 64>  groups of 64 with float scales: takes llama2.c's 8-bit files without rounding again
//   quantize<32>   floats: what full<> trains                                                32 bits a weight
//   layout<16>     rows interleaved by 16 (AVX-512), 8 (AVX2), 4 (SSE2, NEON) or 1 (Cortex-M); left out, the board's own
//   context<256>   keys and values for 256 tokens; left out, all that the model was trained for
// Refuses a number that has no meaning, with the ones that have.
#pragma once

#include <cstddef>
#include <type_traits>

#include "mote/core/slots.hpp"
#include "mote/format/f32.hpp"
#include "mote/format/q8.hpp"

namespace mote::inline v0 {

template <std::size_t Bits, std::size_t Group = 32>
struct quantize {
  using slot = slots::weights;
  static constexpr std::size_t bits = Bits;
  template <std::size_t Rows>
  using format = std::conditional_t<Bits == 32, f32<Rows>, q8<Rows, Group == 64 ? 64 : 32>>;

  // Last, because Clang leaves out every member behind a failed assertion and then complains that it is missing.
  static_assert(Bits == 8 || Bits == 32, "mote: weights cannot be kept in this many bits; use quantize<8> or quantize<32> [mote-bits]");
  static_assert(Group == 32 || (Group == 64 && Bits == 8),
                "mote: weights cannot be grouped like this; leave the group out, or use quantize<8, 64> for llama2.c's 8-bit files [mote-group]");
};

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

template <std::size_t Tokens>
struct context {
  using slot = slots::context;
  static constexpr std::size_t tokens = Tokens;

  static_assert(Tokens >= 16, "mote: a context of fewer than 16 tokens holds no question and answer; use context<64> or more [mote-context-small]");
};

/// The default of the context slot.
struct trained_context {
  using slot = slots::context;
  static constexpr std::size_t tokens = 0;  // the model decides
};

}  // namespace mote::inline v0
