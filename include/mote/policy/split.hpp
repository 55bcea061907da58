// SPDX-License-Identifier: BSL-1.0
// split<Policy, First>: a head in two parts (format/split_rows.hpp), of which fused_greedy<> computes the second for
// those rows alone that the first does not exclude. An entry of mixed<>: in_head<split<quantize<8>, 64>>.
// Refuses other tensors, a tied head, streamed<>, and learning.
#pragma once

#include <cstddef>

#include "mote/core/slots.hpp"
#include "mote/format/split_rows.hpp"
#include "mote/kernel/split_matrix.hpp"
#include "mote/model/shape.hpp"

namespace mote::inline v0 {

namespace detail {
template <class Inner, std::size_t First, bool Can>
struct split_format {
  using type = Inner;
};
template <class Inner, std::size_t First>
struct split_format<Inner, First, true> {
  using type = split_rows<Inner, First>;
};
}  // namespace detail

template <class Policy, std::size_t First>
struct split {
  using slot = slots::weights;
  static constexpr bool can = can_be_split<typename Policy::template format<4, 64>, First>;
  template <std::size_t Rows, std::size_t Cols>
  using format = typename detail::split_format<typename Policy::template format<Rows, Cols>, First, can>::type;

  // Last in the class: after a failed assertion Clang drops the members that follow and reports each as missing.
  static_assert(
      can,
      "mote: split<> takes quantize<2> to <8> or packed<iq4_nl>, and a first part of a multiple of 32 columns, 64 in groups of 64 [mote-split-columns]");
};

/// A model with a tied head as one with a head of its own.
template <class Model>
struct own_head : Model {
  static constexpr mote::shape shape = [] {
    mote::shape s = Model::shape;
    s.tied_head = false;
    return s;
  }();
};

}  // namespace mote::inline v0
