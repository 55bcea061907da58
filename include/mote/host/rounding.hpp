// SPDX-License-Identifier: BSL-1.0
// Round to nearest: the format's own scale for each group, and for each weight the level next to it.
// Refuses to look at anything but the group at hand; it needs no calibration and is what others are measured against.
#pragma once

#include <algorithm>
#include <cstddef>

#include "mote/host/quantiser.hpp"

namespace mote::inline v0::host {

namespace detail {
/// Rounds every group of a matrix under the scale that `choose(row, first column, count)` gives.
template <class Choose>
coded_matrix round_groups(const quantiser_task& t, const grid& g, Choose&& choose) {
  coded_matrix out = coded_matrix::on(g, t.rows, t.cols);
  for (std::size_t row = 0; row < t.rows; ++row) {
    for (std::size_t i = 0; i < out.groups(); ++i) {
      const std::size_t first = i * g.group;
      const std::size_t end = std::min(t.cols, first + g.group);
      const group_scale s = choose(row, first, end - first);
      out.scales[row * out.groups() + i] = s;
      for (std::size_t col = first; col < end; ++col) out.put(g, row, col, g.nearest(t.w[row * t.cols + col], s), s);
    }
  }
  return out;
}
}  // namespace detail

struct round_to_nearest {
  coded_matrix operator()(const quantiser_task& t, const grid& g) const {
    return detail::round_groups(t, g, [&](std::size_t row, std::size_t first, std::size_t count) {
      return g.fit(t.w + row * t.cols + first, count);
    });
  }
};

}  // namespace mote::inline v0::host
