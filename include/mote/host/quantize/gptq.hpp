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

  /// What is computed of an input: once for all matrices that read it, and all their rows.
  struct factored {
    std::vector<std::size_t> order;  // (cols)
    std::vector<bool> dead;          // (cols)
    std::vector<double> u;           // (cols, cols)
  };
  /// Takes the products of `input` as its memory if the columns stay in order: no other (cols, cols) is needed.
  factored factor(input_moments input) const;
  /// The same as operator(), for some rows or all.
  coded_matrix quantize(const quantizer_task& t, const quantization_grid& g, const factored& input) const;

 private:
  static constexpr std::size_t lanes = 16;  // rows at a time; they share each read of U

  void rows_of(const quantizer_task& t, const quantization_grid& g, std::size_t first_row, const factored& input,
               coded_matrix& out) const;
};

/// ||X (W - W')^T||^2 from the moments of X, the quantity that GPTQ minimizes. w and decoded: (rows, input.cols). `sum`
/// is that of the rows before.
double output_error(const input_moments& input, const float* w, const float* decoded, std::size_t rows, double sum = 0);

}  // namespace mote::inline v0::host
