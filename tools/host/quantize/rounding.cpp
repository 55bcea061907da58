// SPDX-License-Identifier: BSL-1.0
#include "mote/host/quantize/rounding.hpp"

#include <cstddef>

#include "mote/host/quantize/quantizer.hpp"

namespace mote::inline v0::host {

coded_matrix round_to_nearest::operator()(const quantizer_task& t, const quantization_grid& g) const {
  return detail::round_blocks(t, g, [&](std::size_t row, std::size_t first, std::size_t count, group_scale* scales) {
    g.fit(t.w + row * t.cols + first, count, scales);
  });
}

}  // namespace mote::inline v0::host
