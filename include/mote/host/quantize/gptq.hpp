// SPDX-License-Identifier: BSL-1.0
// GPTQ (Frantar et al. 2023, arXiv 2210.17323) on any grid: rounds columns one after another and corrects the columns
// that are not yet rounded for each error, as far as their inputs are correlated. It minimizes ||X W^T - X W'^T|| for
// the calibration inputs X. The scales of a block are chosen when its first column is reached. In a super-block grid
// the units are then fixed; with `search`, the multiples of each later group are chosen again at its first column.
// Refuses to correct without calibration: such a matrix is rounded to nearest, with searched scales if `search` is set.
#pragma once

#include <cstddef>
#include <vector>

#include "mote/host/quantize/cholesky.hpp"
#include "mote/host/quantize/mse_search.hpp"
#include "mote/host/quantize/rounding.hpp"

namespace mote::inline v0::host {

struct gptq {
  double damping = 0.01;  ///< this times the mean diagonal of the Hessian is added to its diagonal
  bool by_power = false;  ///< columns in falling order of input power ("act order"); all scales are then chosen first
  bool search = false;    ///< scales from mse_search.hpp instead of the grid's own fit

  coded_matrix operator()(const quantizer_task& t, const quantization_grid& g) const;

 private:
  static constexpr std::size_t lanes = 16;  // rows at a time; they share each read of U

  std::vector<double> factor(const input_moments& input, const std::vector<std::size_t>& order,
                             std::vector<bool>& dead) const;

  void rows_of(const quantizer_task& t, const quantization_grid& g, std::size_t first_row,
               const std::vector<std::size_t>& order, const std::vector<bool>& dead, const std::vector<double>& u,
               coded_matrix& out) const;
};

/// ||X (W - W')^T||^2 from the moments of X, the quantity that GPTQ minimizes. w and decoded: (rows, input.cols).
double output_error(const input_moments& input, const float* w, const float* decoded, std::size_t rows);

}  // namespace mote::inline v0::host
