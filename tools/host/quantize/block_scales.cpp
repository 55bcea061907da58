// SPDX-License-Identifier: BSL-1.0
#include "mote/host/quantize/block_scales.hpp"

#include <cstddef>

#include "mote/host/quantize/quantization_grid.hpp"

namespace mote::inline v0::host {

namespace detail {

scale_units better_units(const quantization_grid& g, const weighted_columns& block, const group_scale* scales) {
  double aa = 0, ab = 0, bb = 0, xa = 0, xb = 0;  // w ~ unit * a - minimum unit * b
  scale_units units{.scale = scales[0].scale_unit, .minimum = scales[0].minimum_unit};
  for (std::size_t i = 0; i < block.groups(g); ++i) {
    const weighted_columns group = block.group(g, i);
    const group_scale& s = scales[i];
    const double multiple = units.scale != 0 ? static_cast<double>(s.scale / units.scale) : 0;
    const double b = units.minimum != 0 ? static_cast<double>(-s.minimum / units.minimum) : 0;
    for (std::size_t k = 0; k < group.n; ++k) {
      const double a = multiple * static_cast<double>(g.levels[g.nearest(group.w[k], s)]);
      const double weight = group.weight(k), x = static_cast<double>(group.w[k]);
      aa += weight * a * a;
      ab += weight * a * b;
      bb += weight * b * b;
      xa += weight * x * a;
      xb += weight * x * b;
    }
  }
  if (const double determinant = aa * bb - ab * ab; determinant > 1e-12 * aa * bb) {
    units.scale = static_cast<float>((xa * bb - xb * ab) / determinant);
    units.minimum = static_cast<float>((xa * ab - xb * aa) / determinant);
  } else if (aa > 0) {
    units.scale = static_cast<float>(xa / aa);
  }
  return {through_half(units.scale), through_half(units.minimum)};
}

}  // namespace detail

}  // namespace mote::inline v0::host
