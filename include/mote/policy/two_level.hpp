// SPDX-License-Identifier: BSL-1.0
// two_level<Bits>: weights in blocks of as many columns as divide a row best, each with a scale (and a minimum) of scales.
//   two_level<6>           6.6 bits a weight, the error of 6 bits       two_level<3>    3.4 to 3.6 bits
//   two_level<5>           5.5 bits                                     two_level<2>    2.6 bits
//   two_level<4>           4.5 bits, a fifth less error than quantize<4>
// Rows of 256 columns, or of a multiple, are GGUF's Q2_K to Q6_K; other rows get the block that wastes least.
// Refuses other bits: format/qk.hpp says what each stores.
#pragma once

#include <cstddef>

#include "mote/core/slots.hpp"
#include "mote/format/qk.hpp"

namespace mote::inline v0 {

template <std::size_t Bits = 0>  // refused below, as others are
struct two_level {
  using slot = slots::weights;
  static constexpr std::size_t bits = Bits;
  template <std::size_t Rows, std::size_t Cols>
  using format = qk_for<Bits >= 2 && Bits <= 6 ? Bits : 4, Cols, Rows>;

  static_assert(
      Bits >= 2 && Bits <= 6,
      "mote: two-level blocks cannot have this many bits; use two_level<2> to two_level<6> [mote-two-level-bits]");
};

}  // namespace mote::inline v0
