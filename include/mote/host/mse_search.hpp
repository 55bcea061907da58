// SPDX-License-Identifier: BSL-1.0
// The scale of each group that makes the squared error least: a range of scales is tried, each is moved to the least
// squares solution for the levels that it leads to, and the best is kept. Needs no calibration; with it, a column
// weighs as much as its input's power.
// Refuses to be worse than the format's own scale: that one is among those tried.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "mote/host/rounding.hpp"

namespace mote::inline v0::host {

namespace detail {

struct weighted_group {
  const float* w;           // (n)
  const float* importance;  // (n), or null: all alike
  std::size_t n;

  double weight(std::size_t i) const { return importance == nullptr ? 1.0 : static_cast<double>(importance[i]); }
};

/// The weighted squared error under a scale, and the least squares scale (and minimum) for the levels it rounds to.
struct trial {
  double error = 0;
  group_scale better;
};

inline trial attempt(const grid& g, const weighted_group& group, group_scale s) {
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
    if (vv > 0) t.better = g.stored({static_cast<float>(wv / vv), 0});
  } else if (const double determinant = all * vv - v * v; determinant > 1e-12 * all * vv) {
    const double scale = (all * wv - v * w) / determinant;
    t.better = g.stored({static_cast<float>(scale), static_cast<float>((w - scale * v) / all)});
  }
  return t;
}

}  // namespace detail

/// The best scale of one group: `steps` scales from a half of the format's own to a little above it; where levels are
/// not symmetric, with the other sign as well. The few best of them are moved on by least squares.
inline group_scale search_scale(const grid& g, const float* w, const float* importance, std::size_t n,
                                std::size_t steps = 32, float least = 0.6F, float most = 1.12F) {
  const detail::weighted_group group{w, importance, n};
  const group_scale own = g.fit(w, n);
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
        break;  // hopeless, or least squares has ended
      }
      s = t.better;
    }
  };
  if (g.has_minimum) {
    const auto [low, high] = std::minmax_element(w, w + n);
    const float range = *high - *low;
    const auto last = g.levels.back();
    for (std::size_t i = 0; i <= steps; ++i) {
      const float part = least + (most - least) * static_cast<float>(i) / static_cast<float>(steps);
      const float slack = range * (1 - part);
      for (int shift = 0; shift <= 2; ++shift)  // what is cut off: from above, from both ends, from below
        consider(g.stored({range * part / last, *low + slack * static_cast<float>(shift) / 2}));
    }
    return best;
  }
  const bool lopsided = g.levels.front() != -g.levels.back();
  for (std::size_t i = 0; i <= steps; ++i) {
    const float part = least + (most - least) * static_cast<float>(i) / static_cast<float>(steps);
    consider(g.stored({own.scale * part, 0}));
    if (lopsided) consider(g.stored({-own.scale * part, 0}));
  }
  return best;
}

struct mse_search {
  std::size_t steps = 32;
  bool use_calibration = true;  ///< weigh columns by the power of their input, where there is one

  coded_matrix operator()(const quantiser_task& t, const grid& g) const {
    std::vector<float> importance;
    if (use_calibration && t.input != nullptr && !t.input->empty()) {
      for (std::size_t i = 0; i < t.cols; ++i)
        importance.push_back(
            static_cast<float>(t.input->products[i * t.cols + i] / static_cast<double>(t.input->rows_seen)));
    }
    return detail::round_groups(t, g, [&](std::size_t row, std::size_t first, std::size_t count) {
      return search_scale(g, t.w + row * t.cols + first, importance.empty() ? nullptr : importance.data() + first,
                          count, steps);
    });
  }
};

}  // namespace mote::inline v0::host
