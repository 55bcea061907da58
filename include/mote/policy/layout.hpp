// SPDX-License-Identifier: BSL-1.0
// How rows of weights lie.
//   layout<16>   rows interleaved by 16 (AVX-512), 8 (AVX2), 4 (SSE2, NEON) or 1 (Cortex-M); left out, the board's own
// Refuses a number that no instruction set wants, with the ones that some do.
#pragma once

#include <concepts>
#include <cstddef>

#include "mote/core/check.hpp"
#include "mote/core/slots.hpp"

namespace mote::inline v0 {

template <std::size_t Rows = 0>  // refused below, as others are
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

namespace detail {
template <class P>
inline constexpr bool layout_has_rows = requires {
  { P::rows } -> std::convertible_to<std::size_t>;
};
}  // namespace detail

template <class P>
struct layout_check {
  static_assert(
      detail::layout_has_rows<P>,
      "mote: this policy does not say how rows are interleaved; give it `rows`, or 0 for the board's [mote-layout-policy]");
};

/// The slot.
struct slots::layout : slot_facts {
  using fallback = board_layout;
  template <class P, class>
  using lack = unless<detail::layout_has_rows<P>, layout_check<P>>;
};

}  // namespace mote::inline v0
