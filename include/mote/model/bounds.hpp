// SPDX-License-Identifier: BSL-1.0
// Whether the numbers of packed weights are those of a model: every gain, scale and weight finite and within 65504, as the
// formats say of theirs. Codes need no look: they are integers whatever they are.
// Refuses to read what an image need not be trusted for: what lies between tensors.
#pragma once

#include <cstddef>

#include "mote/core/finite.hpp"
#include "mote/model/weights.hpp"

namespace mote::inline v0 {

namespace detail {
/// A format of one's own without is_bounded() is taken as it is.
template <class Format>
bool is_bounded(const matrix<Format>& m) {
  if constexpr (requires { Format::is_bounded(m.data, m.cols); }) {
    const std::size_t tiles = ceil_div(m.rows, Format::rows);
    for (std::size_t i = 0; i < tiles; ++i)
      if (!Format::is_bounded(m.tile(i), m.cols)) return false;
  }
  return true;
}
}  // namespace detail

template <class Formats>
bool are_bounded(const weights<Formats>& w, const shape& s) {
  if (!detail::is_bounded(w.embedding()) || !floats_within(w.vector(0, vector_role::final_norm), s.dim)) return false;
  for (std::size_t layer = 0; layer < s.layers; ++layer) {
    if (!floats_within(w.vector(layer, vector_role::attention_norm), s.dim) ||
        !floats_within(w.vector(layer, vector_role::ffn_norm), s.dim))
      return false;
    for (std::size_t r = 0; r < role_count; ++r)
      if (!w.with(layer, static_cast<role>(r), [](const auto& m) { return detail::is_bounded(m); })) return false;
  }
  return s.tied_head || detail::is_bounded(w.head());
}

}  // namespace mote::inline v0
