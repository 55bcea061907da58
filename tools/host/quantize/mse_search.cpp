// SPDX-License-Identifier: BSL-1.0
#include "mote/host/quantize/mse_search.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "mote/host/quantize/block_scales.hpp"
#include "mote/host/quantize/rounding.hpp"

namespace mote::inline v0::host {

namespace detail {

trial attempt(const quantization_grid& g, const weighted_columns& group, group_scale s) {
  double error = 0, v = 0, vv = 0, w = 0, wv = 0, all = 0;
  for (std::size_t i = 0; i < group.n; ++i) {
    const double weight = group.weight(i);
    const float level = g.levels[g.nearest(group.w[i], s)];
    const auto d = static_cast<double>(group.w[i] - (s.scale * level + s.minimum));
    const double weighted = weight * static_cast<double>(level);
    error += weight * d * d;
    v += weighted;
    vv += weighted * static_cast<double>(level);
    wv += weighted * static_cast<double>(group.w[i]);
    w += weight * static_cast<double>(group.w[i]);
    all += weight;
  }
  trial t{error, s};
  if (!g.has_minimum) {
    if (vv > 0) t.better = g.stored({.scale = static_cast<float>(wv / vv)});
  } else if (const double determinant = all * vv - v * v; determinant > 1e-12 * all * vv) {
    const double scale = (all * wv - v * w) / determinant;
    t.better = g.stored({.scale = static_cast<float>(scale), .minimum = static_cast<float>((w - scale * v) / all)});
    if (g.super_block() && w > scale * v)  // the minimum would be above zero, which cannot be stored: fit with 0
      t.better = g.stored({.scale = static_cast<float>(wv / vv)});
  }
  return t;
}

}  // namespace detail

group_scale search_scale(const quantization_grid& g, const weighted_columns& group, group_scale own, std::size_t steps,
                         float least, float most) {
  group_scale best = own;
  double best_error = detail::attempt(g, group, own).error;
  const auto consider = [&](group_scale s) {
    if (s.scale == 0 || !std::isfinite(s.scale)) return;
    for (int turn = 0; turn < 3; ++turn) {
      const detail::trial t = detail::attempt(g, group, s);
      if (t.error < best_error) {
        best_error = t.error;
        best = s;
      } else if (turn == 0 ? t.error > 1.3 * best_error : true) {
        break;  // far off at the first trial, or least squares no longer improves
      }
      s = t.better;
    }
  };
  if (g.has_minimum) {
    const auto [lowest, highest] = std::minmax_element(group.w, group.w + group.n);
    const float low = g.super_block() ? (std::min)(*lowest, 0.0F) : *lowest;
    const float range = *highest - low;
    const auto last = g.levels.back();
    for (std::size_t i = 0; i <= steps; ++i) {
      const float part = least + (most - least) * static_cast<float>(i) / static_cast<float>(steps);
      const float slack = range * (1 - part);
      for (int shift = 0; shift <= 2; ++shift)  // the range is cut off above, at both ends, below
        consider(g.stored({.scale = range * part / last, .minimum = low + slack * static_cast<float>(shift) / 2}));
    }
    return best;
  }
  const bool lopsided = g.levels.front() != -g.levels.back();
  float from = own.scale;
  if (from == 0) {  // the stored scale is 0, as the group is small beside its block: start from its largest weight
    for (std::size_t i = 0; i < group.n; ++i) from = (std::max)(from, std::fabs(group.w[i]));
    from /= (std::max)(std::fabs(g.levels.front()), std::fabs(g.levels.back()));
  }
  for (std::size_t i = 0; i <= steps; ++i) {
    const float part = least + (most - least) * static_cast<float>(i) / static_cast<float>(steps);
    consider(g.stored({.scale = from * part}));
    if (lopsided) consider(g.stored({.scale = -from * part}));
  }
  return best;
}

void search_scales(const quantization_grid& g, const weighted_columns& block, group_scale* scales /* (groups) */,
                   std::size_t steps) {
  best_scales(g, block, scales, squared_loss{},
              [&](const weighted_columns& group, group_scale own) { return search_scale(g, group, own, steps); });
}

group_scale search_multiples(const quantization_grid& g, const weighted_columns& group, group_scale own) {
  const detail::scale_units units{.scale = own.scale_unit, .minimum = own.minimum_unit};
  const detail::kept_scale found = detail::next_multiples(g, group, search_scale(g, group, own), units, squared_loss{});
  return found.lost < squared_loss{}(g, group, own) ? found.scale : own;
}

coded_matrix mse_search::operator()(const quantizer_task& t, const quantization_grid& g) const {
  std::vector<float> importance;
  if (use_calibration && t.input != nullptr && !t.input->empty()) {
    for (std::size_t i = 0; i < t.cols; ++i)
      importance.push_back(static_cast<float>(t.input->power(i) / static_cast<double>(t.input->rows_seen)));
  }
  return detail::round_blocks(t, g, [&](std::size_t row, std::size_t first, std::size_t count, group_scale* scales) {
    const float* weights = importance.empty() ? nullptr : importance.data() + first;
    search_scales(g, {t.w + row * t.cols + first, weights, count}, scales, steps);
  });
}

}  // namespace mote::inline v0::host
