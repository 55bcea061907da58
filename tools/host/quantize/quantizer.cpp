// SPDX-License-Identifier: BSL-1.0
#include "mote/host/quantize/quantizer.hpp"

#include <cmath>
#include <cstddef>
#include <span>

#include "mote/host/import/model_tensors.hpp"
#include "mote/host/quantize/quantization_grid.hpp"

namespace mote::inline v0::host {

double relative_error(std::span<const float> w, std::span<const float> decoded) {
  double error = 0;
  double power = 0;
  for (std::size_t i = 0; i < w.size(); ++i) {
    const double d = static_cast<double>(decoded[i]) - static_cast<double>(w[i]);
    error += d * d;
    power += static_cast<double>(w[i]) * static_cast<double>(w[i]);
  }
  return power > 0 ? std::sqrt(error / power) : 0;
}

}  // namespace mote::inline v0::host
