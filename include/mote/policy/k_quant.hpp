// SPDX-License-Identifier: BSL-1.0
// k_quant<Bits>: weights in blocks of columns. A block has a binary16 scale (and minimum), and each 16 or 32 of its
// columns a small integer that multiplies it.
//   k_quant<6>           6.6 bits a weight, the error of 6 bits       k_quant<3>    3.4 to 3.6 bits
//   k_quant<5>           5.5 bits                                     k_quant<2>    2.6 bits
//   k_quant<4>           4.5 bits, a fifth less error than quantize<4>
// Rows whose length is a multiple of 256 have the blocks of GGUF's Q2_K to Q6_K; others the block size that wastes
// least.
// Refuses other numbers of bits; format/qk.hpp has the layout of each.
#pragma once

#include <cstddef>

#include "mote/core/slots.hpp"
#include "mote/format/qk.hpp"

namespace mote::inline v0 {

template <std::size_t Bits = 0>  // no default: the assertion below refuses 0
struct k_quant {
  using slot = slots::weights;
  static constexpr std::size_t bits = Bits;
  template <std::size_t Rows, std::size_t Cols>
  using format = qk_for<Bits >= 2 && Bits <= 6 ? Bits : 4, Cols, Rows>;

  static_assert(Bits >= 2 && Bits <= 6,
                "mote: super-blocks cannot have this many bits; use k_quant<2> to k_quant<6> [mote-k-quant-bits]");
};

}  // namespace mote::inline v0
