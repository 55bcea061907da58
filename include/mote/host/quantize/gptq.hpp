// SPDX-License-Identifier: BSL-1.0
// GPTQ (Frantar et al. 2023, arXiv 2210.17323) on any grid: columns are rounded one after another, and what a column's
// rounding adds to the output is taken out by the columns that are still to come, as far as their inputs go together.
// Minimises ||X W^T - X W'^T|| for the inputs X that calibration saw. A block's scales are chosen when its first column is
// reached; of two levels, the units stay from then on, and each group's multiples may be chosen anew at its own first.
// Refuses to work without them: a matrix with no input seen is rounded to nearest, under searched scales if it searches.
#pragma once

#include <cstddef>
#include <vector>

#include "mote/host/quantize/cholesky.hpp"
#include "mote/host/quantize/mse_search.hpp"
#include "mote/host/quantize/rounding.hpp"

namespace mote::inline v0::host {

struct gptq {
  double damping = 0.01;  ///< part of the mean power of an input that is added to each
  bool by_power = false;  ///< columns of much power first ("act order"); scales are then fixed beforehand
  bool search = false;    ///< scales by a search instead of the grid's own fit

  coded_matrix operator()(const quantiser_task& t, const grid& g) const;

 private:
  static constexpr std::size_t lanes = 16;  // rows at a time: each number of U is read once for all of them

  std::vector<double> factor(const input_moments& input, const std::vector<std::size_t>& order,
                             std::vector<bool>& dead) const;

  void rows_of(const quantiser_task& t, const grid& g, std::size_t first_row, const std::vector<std::size_t>& order,
               const std::vector<bool>& dead, const std::vector<double>& u, coded_matrix& out) const;
};

/// ||X (W - W')^T||^2 from the moments of X: what GPTQ makes small.
double output_error(const input_moments& input, const float* w, const float* decoded, std::size_t rows);

}  // namespace mote::inline v0::host
