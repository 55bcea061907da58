// SPDX-License-Identifier: BSL-1.0
// Searches the scale of each group with the least squared error: it tries a range of scales, refines promising ones by
// least squares for the levels that they round to, and keeps the best. If the scales of a block share a unit, the best
// ones are then rounded to storable ones together (block_scales.hpp). Needs no calibration; with it, the error of a
// column is weighted by the mean power of its input.
// Refuses to be worse than the format's own scales: it keeps them if no others lose less.
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

trial attempt(const quantization_grid& g, const weighted_columns& group, group_scale s);

}  // namespace detail

/// The best scale of one group alone. Tries steps + 1 factors from `least` to `most` on the format's own scale (in a
/// grid with a minimum: on the range of the weights, each at three positions); where levels are not symmetric, with the
/// other sign as well. A trial with less than 1.3 times the best error so far is refined by least squares.
group_scale search_scale(const quantization_grid& g, const weighted_columns& group, group_scale own,
                         std::size_t steps = 32, float least = 0.6F, float most = 1.12F);

/// The best scales of a block. No block loses more than under the format's own scales.
void search_scales(const quantization_grid& g, const weighted_columns& block, group_scale* scales /* (groups) */,
                   std::size_t steps = 32);

/// The best scale of one group of a block whose units are already fixed; `own` if none is better.
group_scale search_multiples(const quantization_grid& g, const weighted_columns& group, group_scale own);

struct mse_search {
  std::size_t steps = 32;
  bool use_calibration = true;  ///< weight columns by the power of their input, if the task has an input

  coded_matrix operator()(const quantizer_task& t, const quantization_grid& g) const;
};

}  // namespace mote::inline v0::host
