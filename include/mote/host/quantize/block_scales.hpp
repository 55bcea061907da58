// SPDX-License-Identifier: BSL-1.0
// Rounds the scales of a block of weights to those that the format can store. In a grid of single blocks each scale is
// rounded on its own. In a super-block grid the scales of a block are small integers times one unit, and its minima
// integers times another. The units are tried so that the largest scale (and the lowest minimum) falls on the outermost
// integer or one next to it, then refined by least squares. Each group takes the nearest integers or their neighbours,
// whichever loses least. The loss is the quantizer's own: squared or absolute error, weighted or not.
// Refuses to choose targets: a quantizer finds the best scale of each group; this finds the nearest storable ones.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

#include "mote/host/quantize/quantization_grid.hpp"

namespace mote::inline v0::host {

/// Some columns of a row, with a weight for the error of each.
struct weighted_columns {
  const float* w;           // (n)
  const float* importance;  // (n) weight of the error; null: 1 for all
  std::size_t n;

  double weight(std::size_t i) const { return importance == nullptr ? 1.0 : static_cast<double>(importance[i]); }
  std::size_t groups(const quantization_grid& g) const { return g.groups(n); }
  weighted_columns group(const quantization_grid& g, std::size_t index) const {
    const std::size_t first = index * g.group;
    return {w + first, importance == nullptr ? nullptr : importance + first, (std::min)(n - first, g.group)};
  }
};

/// The weighted squared error under a scale, with every weight rounded to its nearest level.
struct squared_loss {
  double operator()(const quantization_grid& g, const weighted_columns& weighted, group_scale s) const {
    double sum = 0;
    for (std::size_t i = 0; i < weighted.n; ++i) {
      const auto d = static_cast<double>(weighted.w[i] - g.value(g.nearest(weighted.w[i], s), s));
      sum += weighted.weight(i) * d * d;
    }
    return sum;
  }
};

namespace detail {

struct scale_units {
  float scale = 0;
  float minimum = 0;
};

/// A storable scale and the loss under it.
struct kept_scale {
  group_scale scale;
  double lost = 0;
};

/// Of the multiples of the units that are nearest to `wanted`, and their neighbours, the pair with the least loss.
template <class Loss>
kept_scale next_multiples(const quantization_grid& g, const weighted_columns& group, group_scale wanted,
                          scale_units units, const Loss& loss) {
  const auto nearest_int = [](float x, float unit, int low, int high) {
    const float multiple = unit != 0 ? x / unit : 0;
    return (std::clamp)(
        std::isfinite(multiple) ? static_cast<int>(std::lround((std::clamp)(multiple, -1e6F, 1e6F))) : 0, low, high);
  };
  const scale_multiples& m = g.multiples;
  const int scale = nearest_int(wanted.scale, units.scale, m.least, m.most);
  const int minimum = nearest_int(-wanted.minimum, units.minimum, 0, m.most_minimum);
  kept_scale best;
  bool first = true;
  for (int i = (std::max)(scale - 1, m.least); i <= (std::min)(scale + 1, m.most); ++i)
    for (int j = (std::max)(minimum - 1, 0); j <= (std::min)(minimum + 1, m.most_minimum); ++j) {
      const group_scale s{.scale = units.scale * static_cast<float>(i),
                          .minimum = -(units.minimum * static_cast<float>(j)),
                          .scale_unit = units.scale,
                          .minimum_unit = units.minimum};
      const double lost = loss(g, group, s);
      if (!first && !(lost < best.lost)) continue;
      best = {s, lost};
      first = false;
    }
  return best;
}

/// The units that solve the least squares problem for the present multiples and levels, rounded to binary16.
scale_units better_units(const quantization_grid& g, const weighted_columns& block, const group_scale* scales);

}  // namespace detail

/// Replaces the wanted scale of each group of a block by one that the format can store; returns the loss of the block.
template <class Loss>
double keep_scales(const quantization_grid& g, const weighted_columns& block, group_scale* scales /* (groups) */,
                   const Loss& loss) {
  const std::size_t groups = block.groups(g);
  double best = 0;
  if (!g.super_block()) {
    for (std::size_t i = 0; i < groups; ++i) {
      scales[i] = g.stored(scales[i]);
      best += loss(g, block.group(g, i), scales[i]);
    }
    return best;
  }
  std::array<group_scale, most_groups_together> wanted, tried, kept;
  std::copy_n(scales, groups, wanted.begin());
  bool first = true;
  const auto attempt = [&](detail::scale_units units) {
    double lost = 0;
    for (std::size_t i = 0; i < groups; ++i) {
      const detail::kept_scale one = detail::next_multiples(g, block.group(g, i), wanted[i], units, loss);
      tried[i] = one.scale;
      lost += one.lost;
    }
    if (!first && !(lost < best)) return false;
    best = lost;
    kept = tried;
    first = false;
    return true;
  };
  float largest = 0, lowest = 0;
  for (std::size_t i = 0; i < groups; ++i) {
    if (std::fabs(wanted[i].scale) > std::fabs(largest)) largest = wanted[i].scale;
    lowest = (std::min)(lowest, wanted[i].minimum);
  }
  // Puts the largest scale on the outermost integer, then on each of the `steps` next to it; the same for the minimum.
  const int outermost = g.has_minimum ? g.multiples.most : g.multiples.least;
  constexpr int steps = 5;
  const auto unit = [](float x, int multiple) { return detail::through_half(x / static_cast<float>(multiple)); };
  const auto own_minimum = g.has_minimum ? unit(-lowest, g.multiples.most_minimum) : 0.0F;
  for (int step = 0; step <= steps; ++step)
    attempt({.scale = unit(largest, outermost < 0 ? outermost + step : outermost - step), .minimum = own_minimum});
  if (lowest < 0)
    for (int step = 1; step <= steps; ++step)
      attempt({.scale = kept[0].scale_unit, .minimum = unit(-lowest, g.multiples.most_minimum - step)});
  for (int turn = 0; turn < 3; ++turn) {
    const detail::scale_units better = detail::better_units(g, block, kept.data());
    if ((g.has_minimum && !(better.scale > 0 && better.minimum >= 0)) || !attempt(better)) break;
  }
  std::copy_n(kept.begin(), groups, scales);
  return best;
}

/// The scales of a block. find(group, scale) gives the best scale of one group alone, starting from the format's own.
/// The result is made storable by keep_scales(); if it does not lose less than the format's own scales, those are kept.
template <class Loss, class Find>
void best_scales(const quantization_grid& g, const weighted_columns& block, group_scale* scales /* (groups) */,
                 const Loss& loss, const Find& find) {
  g.fit(block.w, block.n, scales);
  std::array<group_scale, most_groups_together> found;
  double own = 0;
  for (std::size_t i = 0; i < block.groups(g); ++i) {
    const weighted_columns group = block.group(g, i);
    own += loss(g, group, scales[i]);
    found[i] = find(group, scales[i]);
  }
  if (keep_scales(g, block, found.data(), loss) < own) std::copy_n(found.begin(), block.groups(g), scales);
}

}  // namespace mote::inline v0::host
