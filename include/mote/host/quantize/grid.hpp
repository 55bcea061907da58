// SPDX-License-Identifier: BSL-1.0
// A grid: the numbers that a weight can become, weight = scale * level + minimum with one scale (and, in some grids, one
// minimum) for a group of columns. What a quantiser needs to know about a format, and all that it knows:
//
//   one level    a scale is a number of its own: a block is one group (32 columns, or a row)
//   two levels   the scales of a block's groups are small integers times one unit, and so are their minima
//
// Scales are chosen block by block (host/quantize/block_scales.hpp), codes column by column.
// Refuses to know how bits lie: the format writes the codes (packed_format::put_codes).
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <numeric>
#include <span>
#include <string>
#include <vector>

#include "mote/simd/half.hpp"

namespace mote::inline v0::host {

struct group_scale {
  float scale = 0;
  float minimum = 0;
  float scale_unit = 0;    ///< two levels: what the scale is a whole multiple of; the same in all of a block
  float minimum_unit = 0;  ///< and the minimum, which is never positive
};

/// The integers that a unit is multiplied by in a grid of two levels; all zero in one of one level.
struct scale_multiples {
  int least = 0;
  int most = 0;
  int most_minimum = 0;
};

inline constexpr std::size_t most_groups_together = 16;

struct grid {
  std::string name;
  double bits_per_weight = 0;  ///< with scales
  std::size_t group = 32;      ///< columns a scale; the last group of a row may have fewer
  std::size_t together = 1;    ///< groups in a block; the last block of a row may have fewer
  scale_multiples multiples;
  std::vector<float> levels;        // ascending
  std::vector<std::uint8_t> codes;  // as levels: what the format stores for each
  bool has_minimum = false;
  /// The format's own choice for the n columns of a block, as stored.
  std::function<void(const float* w /* (n) */, std::size_t n, group_scale* scales /* (groups of n) */)> fit;
  /// One level: a scale rounded as the format keeps it. Two: one that some units could have.
  std::function<group_scale(group_scale)> stored;

  bool two_level() const { return multiples.most != 0; }
  std::size_t block() const { return group * together; }
  /// The index of the level that is nearest to w under this scale.
  std::size_t nearest(float w, group_scale s) const {
    return s.scale == 0 ? zero_index() : nearest_level((w - s.minimum) / s.scale);
  }
  /// The index of the level that is nearest to t; halfway between two, the even one of integers, else the lower one.
  std::size_t nearest_level(float t) const {
    if (!(t > levels.front())) return 0;
    if (t >= levels.back()) return levels.size() - 1;
    if (uniform()) {
      const float magic = 12582912.0F;  // 1.5 * 2^23: adding it rounds to the nearest integer
      return static_cast<std::size_t>((t + magic) - magic - levels.front());
    }
    if (levels.size() > 32) {
      const auto above = static_cast<std::size_t>(std::lower_bound(levels.begin(), levels.end(), t) - levels.begin());
      return t - levels[above - 1] <= levels[above] - t ? above - 1 : above;
    }
    std::size_t below = 0;  // so few that counting is faster than searching
    for (std::size_t i = 0; i + 1 < levels.size(); ++i) below += t + t > levels[i] + levels[i + 1] ? 1U : 0U;
    return below;
  }
  float value(std::size_t index, group_scale s) const { return s.scale * levels[index] + s.minimum; }
  std::size_t groups(std::size_t cols) const { return cols / group + (cols % group != 0 ? 1U : 0U); }
  bool uniform() const {
    return levels.size() > 1 && levels.back() - levels.front() == static_cast<float>(levels.size() - 1);
  }
  std::size_t zero_index() const {
    std::size_t best = 0;
    for (std::size_t i = 1; i < levels.size(); ++i)
      if (std::fabs(levels[i]) < std::fabs(levels[best])) best = i;
    return best;
  }
};

namespace detail {
/// A number with its sign, rounded to binary16 and back: how formats keep scales.
inline float through_half(float x) {
  const float kept = simd::half_to_float(simd::float_to_half(std::fabs(x)));
  return x < 0 ? -kept : kept;
}
inline group_scale both_through_half(group_scale s) {
  return {.scale = through_half(s.scale), .minimum = through_half(s.minimum)};
}

inline std::vector<float> integers_from(int first, int last) {
  std::vector<float> levels(static_cast<std::size_t>(last - first + 1));
  std::iota(levels.begin(), levels.end(), static_cast<float>(first));
  return levels;
}
inline std::vector<std::uint8_t> codes_in_order(std::size_t n) {
  std::vector<std::uint8_t> codes(n);
  std::iota(codes.begin(), codes.end(), std::uint8_t{0});
  return codes;
}
}  // namespace detail

/// 2^bits levels from the least weight of a group to the largest, a scale and a minimum in binary16 each.
inline grid asymmetric_grid(std::size_t bits, std::size_t group = 32) {
  grid g;
  g.name = "asymmetric " + std::to_string(bits) + " bit, group " + std::to_string(group);
  g.bits_per_weight = static_cast<double>(bits) + 32.0 / static_cast<double>(group);
  g.group = group;
  const int last = (1 << bits) - 1;
  g.levels = detail::integers_from(0, last);
  g.codes = detail::codes_in_order(g.levels.size());
  g.has_minimum = true;
  g.stored = detail::both_through_half;
  g.fit = [last](const float* w, std::size_t n, group_scale* s) {
    const auto [least, most] = std::minmax_element(w, w + n);
    *s = detail::both_through_half({.scale = (*most - *least) / static_cast<float>(last), .minimum = *least});
  };
  return g;
}

/// Levels -(2^(bits-1) - 1) .. 2^(bits-1) - 1, a scale in binary16; the largest magnitude is a level.
inline grid symmetric_grid(std::size_t bits, std::size_t group = 32) {
  grid g;
  g.name = "symmetric " + std::to_string(bits) + " bit, group " + std::to_string(group);
  g.bits_per_weight = static_cast<double>(bits) + 16.0 / static_cast<double>(group);
  g.group = group;
  const int last = (1 << (bits - 1)) - 1;
  g.levels = detail::integers_from(-last, last);
  g.codes = detail::codes_in_order(g.levels.size());
  g.stored = detail::both_through_half;
  g.fit = [last](const float* w, std::size_t n, group_scale* s) {
    float largest = 0;
    for (std::size_t i = 0; i < n; ++i) largest = (std::max)(largest, std::fabs(w[i]));
    *s = detail::both_through_half({.scale = largest / static_cast<float>(last)});
  };
  return g;
}

/// A grid on any table of levels; the weight of the largest magnitude meets the outermost level (of the larger side).
inline grid table_grid(std::string name, std::vector<float> levels, double bits_per_weight, std::size_t group = 32) {
  grid g;
  g.name = std::move(name);
  g.bits_per_weight = bits_per_weight;
  g.group = group;
  g.levels = std::move(levels);
  g.codes = detail::codes_in_order(g.levels.size());
  g.stored = detail::both_through_half;
  const float outermost =
      std::fabs(g.levels.front()) >= std::fabs(g.levels.back()) ? g.levels.front() : g.levels.back();
  g.fit = [outermost](const float* w, std::size_t n, group_scale* s) {
    float largest = 0;
    for (std::size_t i = 0; i < n; ++i)
      if (std::fabs(w[i]) > std::fabs(largest)) largest = w[i];
    *s = detail::both_through_half({.scale = largest / outermost});
  };
  return g;
}

}  // namespace mote::inline v0::host
