// SPDX-License-Identifier: BSL-1.0
// Half-quadratic quantisation (Badri & Shaji 2023): minimises sum |w - w'|^p with p < 1, which forgives the few weights
// that lie far out. Each turn moves what is far off into a residue, by a shrinkage, and fits the grid to the rest.
// Needs no calibration. With a minimum in the grid it is the minimum that moves, as published; without, the scale.
// Refuses a turn that makes the mean error larger: the best so far is what is kept.
#pragma once

#include <cstddef>
#include <vector>

#include "mote/host/quantize/block_scales.hpp"
#include "mote/host/quantize/rounding.hpp"

namespace mote::inline v0::host {

struct hqq {
  double p = 0.7;
  double beta = 10;  ///< weight of the quadratic part, in units of 1 / (largest of the group); grows a turn
  double growth = 1.01;
  std::size_t turns = 20;

  /// The scale of one group from the format's own on. `history`, if asked for, gets the mean error of each turn, the
  /// format's own scale first.
  group_scale fit(const grid& g, const weighted_columns& group, group_scale s,
                  std::vector<double>* history = nullptr) const;

  coded_matrix operator()(const quantiser_task& t, const grid& g) const;

 private:
  /// What is so far off that the p-norm would rather leave it: sign(x) max(|x| - |x|^(p-1) / beta, 0).
  double residue(float x, double b) const;
  static double magnitudes(const grid& g, const weighted_columns& weighted, group_scale s);
  static double mean_error(const grid& g, const weighted_columns& weighted, group_scale s) {
    return magnitudes(g, weighted, s) / static_cast<double>(weighted.n);
  }
};

}  // namespace mote::inline v0::host
