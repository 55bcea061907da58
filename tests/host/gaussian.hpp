// SPDX-License-Identifier: BSL-1.0
// Matrices that quantizers are tried on: N(0, 1) by Box and Muller from the project's generator, and inputs whose
// columns go together.
// Refuses rng::normal(): its tails are cut at six, and a format's error is made by the tails.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "mote/core/rng.hpp"
#include "mote/host/quantize/quantizer.hpp"

namespace mote_tests {

inline std::vector<float> gaussian(std::size_t n, std::uint64_t seed) {
  mote::rng random(seed);
  std::vector<float> out;
  while (out.size() < n) {
    const double radius = std::sqrt(-2 * std::log(1.0 - static_cast<double>(random.uniform())));
    const double angle = 6.283185307179586 * static_cast<double>(random.uniform());
    out.push_back(static_cast<float>(radius * std::cos(angle)));
    out.push_back(static_cast<float>(radius * std::sin(angle)));
  }
  out.resize(n);
  return out;
}

/// The moments of `count` inputs of `cols` columns; `together` in [0, 1) is how much neighbours share.
inline mote::host::input_moments moments(std::size_t cols, std::size_t count, double together, std::uint64_t seed) {
  mote::host::input_moments m;
  m.cols = cols;
  m.rows_seen = count;
  m.hessian.resize(cols * cols);
  m.magnitude.resize(cols);
  m.largest.resize(cols);
  const std::vector<float> noise = gaussian(cols * count, seed);
  std::vector<double> x(cols);
  for (std::size_t row = 0; row < count; ++row) {
    double before = 0;
    for (std::size_t i = 0; i < cols; ++i) {
      before = together * before + (1 - together) * static_cast<double>(noise[row * cols + i]);
      x[i] = before * (i % 7 == 3 ? 4 : 1);  // a few loud columns, as models have them
    }
    for (std::size_t i = 0; i < cols; ++i) {
      for (std::size_t j = 0; j <= i; ++j) m.hessian[i * cols + j] += x[i] * x[j];
      m.magnitude[i] += std::fabs(x[i]);
      m.largest[i] = std::max(m.largest[i], std::fabs(x[i]));
    }
  }
  return m;
}

inline mote::host::quantization_grid sixteen_integers() {  // -8 .. 7, as Q4_0 has them
  std::vector<float> levels;
  for (int i = -8; i < 8; ++i) levels.push_back(static_cast<float>(i));
  return mote::host::table_grid("-8..7", levels, 4.5);
}
inline mote::host::quantization_grid non_linear() {  // as IQ4_NL has them
  return mote::host::table_grid("non-linear",
                                {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113}, 4.5);
}

}  // namespace mote_tests
