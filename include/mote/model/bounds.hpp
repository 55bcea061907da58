// SPDX-License-Identifier: BSL-1.0
// Checks the numbers of packed weights: every gain, scale and float weight must be finite and at most 65504 in
// magnitude. Each format checks its own tiles. Codes are not checked: all their bit patterns are integers.
// Refuses to read the padding between tensors: it holds no numbers of the model.
#pragma once

#include <cstddef>

#include "mote/core/finite.hpp"
#include "mote/model/weights.hpp"

namespace mote::inline v0 {

namespace detail {
/// A user's format without is_bounded() is not checked.
template <class Format>
bool is_bounded(const matrix<Format>& m) {
  if constexpr (requires { Format::first_columns; }) {
    return is_bounded(m.first_part()) && is_bounded(m.second_part()) && is_bounded(m.basis()) && is_weight(m.unit()) &&
           m.unit() >= 0;
  } else if constexpr (requires { Format::is_bounded(m.data, m.cols); }) {
    const std::size_t tiles = ceil_div(m.rows, Format::rows);
    for (std::size_t i = 0; i < tiles; ++i)
      if (!Format::is_bounded(m.tile(i), m.cols)) return false;
  }
  return true;
}
}  // namespace detail

/// True if all numbers of the weights `w`, of shape `s`, are in bounds.
template <class Formats, class Family>
bool are_bounded(const weights<Formats, Family>& w, const shape& s) {
  using tensors = tensors_of<Family>;
  using layers = typename Family::layer;
  const auto floats = [&](std::size_t at, std::size_t n) {
    return floats_within(reinterpret_cast<const float*>(w.data() + at), n);
  };
  if (!detail::is_bounded(w.embedding())) return false;
  if constexpr (has_positions<Family>)
    if (!detail::is_bounded(w.positions())) return false;
  for (std::size_t i = 0; i < tensors::outer_vectors; ++i)
    if (!floats(w.map().outer[i], tensors::outer_floats(s, i))) return false;
  for (std::size_t layer = 0; layer < s.layers; ++layer) {
    const std::size_t kind = layers::kind_of(layer);
    for (std::size_t i = 0; i < tensors::vectors; ++i)
      if (tensors::has_vector(kind, i) &&
          !floats(w.map().start_of(layer) + w.map().in(layer).vector[i], tensors::floats(s, i)))
        return false;
    for (std::size_t i = 0; i < tensors::matrices; ++i)
      if (tensors::has_matrix(kind, i) && !w.with(layer, i, [](const auto& m) { return detail::is_bounded(m); }))
        return false;
  }
  return s.tied_head || detail::is_bounded(w.head());
}

}  // namespace mote::inline v0
