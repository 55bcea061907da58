// SPDX-License-Identifier: BSL-1.0
// Half-quadratic quantization (Badri & Shaji 2023): minimizes sum |w - w'|^p with p < 1, which tolerates a few
// outliers. Each iteration moves large errors into a residue by shrinkage and fits the grid to the rest. Needs no
// calibration. In a grid with a minimum it moves the minimum, as published; in one without, the scale. Errors are
// measured in steps of the grid: the published code measures them in units of the weights, and then the shrinkage never
// acts on weights of a usual size (below 0.17, by its beta of 10).
// Refuses an iteration that does not lower the mean absolute error: it stops there and keeps the best scale so far.
#pragma once

#include <cstddef>
#include <vector>

#include "mote/host/quantize/block_scales.hpp"
#include "mote/host/quantize/rounding.hpp"

namespace mote::inline v0::host {

struct hqq {
  double p = 0.7;
  double beta = 10;      ///< weight of the quadratic part: errors above beta^(-1 / (2 - p)) steps leave a residue
  double growth = 1.01;  ///< factor on beta after each iteration
  std::size_t iterations = 20;  ///< iterations at most

  /// The scale of one group, starting from the format's own, `s`. `history`, if not null, gets the mean absolute error
  /// under `s`, then that of each iteration.
  group_scale fit(const quantization_grid& g, const weighted_columns& group, group_scale s,
                  std::vector<double>* history = nullptr) const;

  coded_matrix operator()(const quantizer_task& t, const quantization_grid& g) const;

 private:
  /// The shrinkage of an error x, in steps: sign(x) max(|x| - |x|^(p-1) / b, 0).
  double residue(float x, double step, double b) const;
  static double magnitudes(const quantization_grid& g, const weighted_columns& weighted, group_scale s);
  static double mean_error(const quantization_grid& g, const weighted_columns& weighted, group_scale s) {
    return magnitudes(g, weighted, s) / static_cast<double>(weighted.n);
  }
};

}  // namespace mote::inline v0::host
