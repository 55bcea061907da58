// SPDX-License-Identifier: BSL-1.0
#include "mote/host/quantize/hqq.hpp"

#include <cmath>
#include <cstddef>
#include <vector>

#include "mote/host/quantize/block_scales.hpp"
#include "mote/host/quantize/rounding.hpp"

namespace mote::inline v0::host {

group_scale hqq::fit(const quantization_grid& g, const weighted_columns& group, group_scale s,
                     std::vector<double>* history) const {
  const float* w = group.w;
  const std::size_t n = group.n;
  group_scale best = s;
  double best_error = mean_error(g, group, s);
  if (history != nullptr) history->push_back(best_error);
  const double gap = static_cast<double>(g.levels.back() - g.levels.front()) / static_cast<double>(g.levels.size() - 1);
  double b = beta;
  for (std::size_t turn = 0; turn < iterations && s.scale != 0; ++turn, b *= growth) {
    const double step = std::fabs(static_cast<double>(s.scale)) * gap;
    group_scale next = s;
    if (g.has_minimum) {
      double sum = 0;
      for (std::size_t i = 0; i < n; ++i) {
        const std::size_t level = g.nearest(w[i], s);
        const double rest = static_cast<double>(w[i]) - residue(w[i] - g.value(level, s), step, b);
        sum += rest - static_cast<double>(s.scale * g.levels[level]);
      }
      next.minimum = static_cast<float>(sum / static_cast<double>(n));
    } else {
      double along = 0;
      double power = 0;
      for (std::size_t i = 0; i < n; ++i) {
        const std::size_t level = g.nearest(w[i], s);
        const double rest = static_cast<double>(w[i]) - residue(w[i] - g.value(level, s), step, b);
        along += rest * static_cast<double>(g.levels[level]);
        power += static_cast<double>(g.levels[level]) * static_cast<double>(g.levels[level]);
      }
      if (power > 0) next.scale = static_cast<float>(along / power);
    }
    next = g.stored(next);
    const double error = mean_error(g, group, next);
    if (history != nullptr) history->push_back(error);
    if (!(error < best_error)) break;
    best_error = error;
    best = s = next;
  }
  return best;
}

coded_matrix hqq::operator()(const quantizer_task& t, const quantization_grid& g) const {
  return detail::round_blocks(t, g, [&](std::size_t row, std::size_t first, std::size_t count, group_scale* scales) {
    best_scales(g, {t.w + row * t.cols + first, nullptr, count}, scales, magnitudes,
                [&](const weighted_columns& group, group_scale own) { return fit(g, group, own); });
  });
}

double hqq::residue(float x, double step, double b) const {
  const double size = std::fabs(static_cast<double>(x)) / step;
  if (size == 0) return 0;
  const double left = size - std::pow(size, p - 1) / b;
  if (!(left > 0)) return 0;
  return x < 0 ? -left * step : left * step;
}

double hqq::magnitudes(const quantization_grid& g, const weighted_columns& weighted, group_scale s) {
  double sum = 0;
  for (std::size_t i = 0; i < weighted.n; ++i)
    sum += std::fabs(static_cast<double>(weighted.w[i] - g.value(g.nearest(weighted.w[i], s), s)));
  return sum;
}

}  // namespace mote::inline v0::host
