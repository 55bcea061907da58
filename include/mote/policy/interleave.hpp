// SPDX-License-Identifier: BSL-1.0
// How many rows of a weight matrix are interleaved in an image.
//   interleave<16>   16 (AVX-512, RISC-V V), 8 (AVX2, 256-bit SVE), 4 (SSE2, NEON, WebAssembly) or 1 (Cortex-M);
//                without the policy, the number of the board's instruction set
// Refuses other numbers of rows.
#pragma once

#include <concepts>
#include <cstddef>

#include "mote/core/check.hpp"
#include "mote/core/slots.hpp"

namespace mote::inline v0 {

template <std::size_t Rows = 0>  // no default: the assertion below refuses 0
struct interleave {
  using slot = slots::interleave;
  static constexpr std::size_t rows = Rows;

  static_assert(
      Rows == 1 || Rows == 4 || Rows == 8 || Rows == 16,
      "mote: rows cannot be interleaved by this number; use interleave<1>, <4>, <8> or <16> [mote-interleave-rows]");
};

/// The default of the interleave slot.
struct board_interleave {
  using slot = slots::interleave;
  static constexpr std::size_t rows = 0;  // the board decides
};

namespace detail {
template <class P>
inline constexpr bool interleave_has_rows = requires {
  { P::rows } -> std::convertible_to<std::size_t>;
};
}  // namespace detail

template <class P>
struct interleave_check {
  static_assert(
      detail::interleave_has_rows<P>,
      "mote: this policy does not say how rows are interleaved; give it `rows`, or 0 for the board's [mote-interleave-policy]");
};

/// The slot.
struct slots::interleave : slot_facts {
  using fallback = board_interleave;
  template <class P, class>
  using lack = unless<detail::interleave_has_rows<P>, interleave_check<P>>;
};

}  // namespace mote::inline v0
