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

template <class Policy, std::size_t First>
struct split {
  using slot = slots::weights;
  template <std::size_t Rows, std::size_t Cols>
  using format = split_rows<typename Policy::template format<Rows, Cols>, First>;
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
