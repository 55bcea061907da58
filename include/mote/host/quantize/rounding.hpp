// SPDX-License-Identifier: BSL-1.0
// Round to nearest: the format's own scales for each block, and the nearest level for each weight. It is the baseline
// that other quantizers are compared with.
// Refuses to use calibration, or anything outside of the block.
#pragma once

#include <cstddef>

#include "mote/host/quantize/quantizer.hpp"

namespace mote::inline v0::host {

namespace detail {
/// Rounds every block of a matrix. choose(row, first column, number of columns, scales) sets the scales of its groups.
template <class Choose>
coded_matrix round_blocks(const quantizer_task& t, const quantization_grid& g, Choose&& choose) {
  coded_matrix out = coded_matrix::on(g, t.rows, t.cols);
  for (std::size_t row = 0; row < t.rows; ++row) {
    group_scale* scales = out.scales.data() + row * out.groups();
    for (std::size_t i = 0; i < out.groups(); i += g.together) {
      const std::size_t first = i * g.group;
      choose(row, first, t.cols - first < g.block() ? t.cols - first : g.block(), scales + i);
    }
    for (std::size_t col = 0; col < t.cols; ++col) {
      const group_scale s = scales[col / g.group];
      out.put(g, row, col, g.nearest(t.w[row * t.cols + col], s), s);
    }
  }
  return out;
}
}  // namespace detail

struct round_to_nearest {
  coded_matrix operator()(const quantizer_task& t, const quantization_grid& g) const;
};

}  // namespace mote::inline v0::host
