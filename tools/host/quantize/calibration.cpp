// SPDX-License-Identifier: BSL-1.0
#include "mote/host/quantize/calibration.hpp"

#include <cmath>
#include <cstddef>

#include "mote/host/quantize/batch_decoder.hpp"
#include "mote/host/quantize/quantizer.hpp"
#include "mote/host/quantize/sampled_text.hpp"

namespace mote::inline v0::host {

void observe(input_moments& m, const float* x, std::size_t stride, std::size_t rows, std::size_t cols,
             moment_kind kind) {
  if (m.cols == 0) {
    m.cols = cols;
    (kind == moment_kind::full ? m.hessian : m.squares).resize(kind == moment_kind::full ? cols * cols : cols);
    m.magnitude.resize(cols);
    m.largest.resize(cols);
  }
  m.rows_seen += rows;
  constexpr std::size_t together = 8;  // rows at a time; each sum is loaded once for all of them
  for (std::size_t row = 0; row < rows; row += together) {
    const std::size_t count = rows - row < together ? rows - row : together;
    for (std::size_t i = 0; i < cols; ++i) {
      double xi[together] = {};
      for (std::size_t r = 0; r < count; ++r) {
        xi[r] = static_cast<double>(x[(row + r) * stride + i]);
        m.magnitude[i] += std::fabs(xi[r]);
        if (std::fabs(xi[r]) > m.largest[i]) m.largest[i] = std::fabs(xi[r]);
      }
      if (m.hessian.empty()) {
        for (std::size_t r = 0; r < count; ++r) m.squares[i] += xi[r] * xi[r];
        continue;
      }
      double* sum = m.hessian.data() + i * cols;
      for (std::size_t r = 0; r < count; ++r) {
        const float* from = x + (row + r) * stride;
        for (std::size_t j = 0; j <= i; ++j) sum[j] += xi[r] * static_cast<double>(from[j]);
      }
    }
  }
}

template void calibrate(const batch_model&, const text_sample&,
                        const std::function<bool(std::size_t, const layer_moments&)>&,
                        const std::function<void(const input_moments&)>&, moment_kind);
template class calibration_run<llama>;

}  // namespace mote::inline v0::host
