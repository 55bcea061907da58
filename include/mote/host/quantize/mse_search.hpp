// SPDX-License-Identifier: BSL-1.0
// The scale of each group that makes the squared error least: a range of scales is tried, each is moved to the least
// squares solution for the levels that it leads to, and the best is kept. Where a block's scales share a unit, what is best
// for each becomes what can be had together. Needs no calibration; with it, a column weighs as much as its input's power.
// Refuses to be worse than the format's own scales: they are among those tried.
#pragma once

#include <cstddef>

#include "mote/host/quantize/block_scales.hpp"
#include "mote/host/quantize/rounding.hpp"

namespace mote::inline v0::host {

namespace detail {

/// The weighted squared error under a scale, and the least squares scale (and minimum) for the levels it rounds to.
struct trial {
  double error = 0;
  group_scale better;
};

trial attempt(const grid& g, const weighted_columns& group, group_scale s);

}  // namespace detail

/// The best scale of one group, as if it were alone: `steps` scales from a half of the format's own to a little above it;
/// where levels are not symmetric, with the other sign as well. The few best of them are moved on by least squares.
group_scale search_scale(const grid& g, const weighted_columns& group, group_scale own, std::size_t steps = 32,
                         float least = 0.6F, float most = 1.12F);

/// The best scales of a block; no block is worse than under the format's own.
void search_scales(const grid& g, const weighted_columns& block, group_scale* scales /* (groups) */,
                   std::size_t steps = 32);

/// Another scale for one group of a block whose units are there already; the one it has, if none is better.
group_scale search_multiples(const grid& g, const weighted_columns& group, group_scale own);

struct mse_search {
  std::size_t steps = 32;
  bool use_calibration = true;  ///< weigh columns by the power of their input, where there is one

  coded_matrix operator()(const quantiser_task& t, const grid& g) const;
};

}  // namespace mote::inline v0::host
