// SPDX-License-Identifier: BSL-1.0
// A grid is the set of values that a weight can have after rounding: scale * level + minimum, with one scale (and in
// some grids one minimum) per group of columns. It is all that a quantizer knows about a format:
//
//   one level    each group has its own scale: a block is one group (32 columns, or a row)
//   two levels   the scales of a block's groups are small integers times one unit, and so are their minima
//
// Scales are chosen block by block (host/quantize/block_scales.hpp), codes column by column.
// Refuses to know the bit layout: the format writes the codes (packed_format::put_codes).
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace mote::inline v0::host {

struct group_scale {
  float scale = 0;
  float minimum = 0;
  float scale_unit = 0;    ///< two levels: scale = an integer times this; one value per block
  float minimum_unit = 0;  ///< two levels: minimum = -(an integer >= 0) times this; one value per block
};

/// The range of the integers that multiply the units of a super-block grid; all zero in a grid of single blocks.
struct scale_multiples {
  int least = 0;         // of the scale
  int most = 0;          // of the scale
  int most_minimum = 0;  // of the minimum, from 0
};

inline constexpr std::size_t most_groups_together = 16;

struct quantization_grid {
  std::string name;
  double bits_per_weight = 0;  ///< with scales
  std::size_t group = 32;      ///< columns per scale; the last group of a row may have fewer
  std::size_t together = 1;    ///< groups per block; the last block of a row may have fewer
  scale_multiples multiples;
  std::vector<float> levels;        // ascending
  std::vector<std::uint8_t> codes;  // the code that the format stores for each level
  bool has_minimum = false;
  /// The format's own scales for the n columns of a block, already rounded as stored.
  std::function<void(const float* w /* (n) */, std::size_t n, group_scale* scales /* (groups of n) */)> fit;
  /// One level: the scale rounded as the format stores it. Two levels: the scale with its signs made possible (scale >=
  /// 0 and minimum <= 0 where there is a minimum); the units are chosen later.
  std::function<group_scale(group_scale)> stored;

  bool super_block() const { return multiples.most != 0; }
  std::size_t block() const { return group * together; }
  /// The index of the level nearest to w under this scale.
  std::size_t nearest(float w, group_scale s) const {
    return s.scale == 0 ? zero_index() : nearest_level((w - s.minimum) / s.scale);
  }
  /// The index of the level nearest to t. Halfway between two: the even one if levels are integers, else the lower one.
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
    std::size_t below = 0;  // up to 32 levels: counting is faster than a binary search
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
/// x rounded to binary16, in which formats store scales.
float through_half(float x);
inline group_scale both_through_half(group_scale s) {
  return {.scale = through_half(s.scale), .minimum = through_half(s.minimum)};
}

std::vector<float> integers_from(int first, int last);
std::vector<std::uint8_t> codes_in_order(std::size_t n);
}  // namespace detail

/// 2^bits levels from the smallest weight of a group to its largest; scale and minimum are binary16.
quantization_grid asymmetric_grid(std::size_t bits, std::size_t group = 32);

/// Levels -(2^(bits-1) - 1) .. 2^(bits-1) - 1; the scale is binary16 and puts the largest magnitude on the last level.
quantization_grid symmetric_grid(std::size_t bits, std::size_t group = 32);

/// A grid on any ascending table of levels. The scale is binary16 and puts the weight of the largest magnitude on the
/// level of the largest magnitude.
quantization_grid table_grid(std::string name, std::vector<float> levels, double bits_per_weight,
                             std::size_t group = 32);

}  // namespace mote::inline v0::host
