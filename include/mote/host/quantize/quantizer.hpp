// SPDX-License-Identifier: BSL-1.0
// The interface of quantizers: in go the floats of one matrix and, if calibration was made, the moments of its input;
// out come codes on a grid and their scales. It is called once per matrix.
// Refuses to know formats: a grid has the values that can be stored, packed_format::put_codes writes their bits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "mote/host/import/model_tensors.hpp"
#include "mote/host/quantize/quantization_grid.hpp"

namespace mote::inline v0::host {

/// A matrix rounded to a grid. The codes are those that the grid's format stores.
struct coded_matrix {
  std::string grid;  ///< its name
  std::size_t rows = 0;
  std::size_t cols = 0;
  std::size_t group = 0;            ///< columns per scale
  std::vector<std::uint8_t> codes;  // (rows, cols)
  std::vector<group_scale> scales;  // (rows, ceil(cols / group))
  std::vector<float> values;        // (rows, cols) decoded

  std::size_t groups() const { return cols / group + (cols % group != 0 ? 1U : 0U); }

  static coded_matrix on(const host::quantization_grid& g, std::size_t rows, std::size_t cols) {
    return {.grid = g.name,
            .rows = rows,
            .cols = cols,
            .group = g.group,
            .codes = std::vector<std::uint8_t>(rows * cols),
            .scales = std::vector<group_scale>(rows * g.groups(cols)),
            .values = std::vector<float>(rows * cols)};
  }
  void put(const host::quantization_grid& g, std::size_t row, std::size_t col, std::size_t level, group_scale s) {
    codes[row * cols + col] = g.codes[level];
    values[row * cols + col] = g.value(level, s);
  }
};

/// A matrix of a model, rounded.
struct quantized_tensor {
  tensor_place place;
  coded_matrix codes;
};

/// What is summed of an input: the diagonal of its Gram matrix, or all of it, which takes 8 * cols * cols bytes.
enum class moment_kind : std::uint8_t { diagonal, full };

/// Sums over all input vectors x that a matrix got during calibration.
struct input_moments {
  std::size_t cols = 0;
  std::size_t rows_seen = 0;
  std::vector<double> hessian;    // (cols, cols) sum of x[i] * x[j], the Gram matrix; only j <= i is filled
  std::vector<double> magnitude;  // (cols) sum of |x[i]|
  std::vector<double> largest;    // (cols) largest |x[i]|
  std::vector<double> squares{};  // (cols) sum of x[i]^2, where there is no hessian

  bool empty() const { return rows_seen == 0; }
  /// The sum of x[i]^2.
  double power(std::size_t i) const { return hessian.empty() ? squares[i] : hessian[i * cols + i]; }
};

/// One matrix to be quantized: its place in the model, its floats, the moments of its input.
struct quantizer_task {
  tensor_place place{};
  const float* w = nullptr;  // (rows, cols)
  std::size_t rows = 0;
  std::size_t cols = 0;
  const input_moments* input = nullptr;  ///< null: no calibration was made
};

using quantizer = std::function<coded_matrix(const quantizer_task&, const quantization_grid&)>;

/// ||W - W'|| / ||W||
double relative_error(std::span<const float> w, std::span<const float> decoded);

}  // namespace mote::inline v0::host
