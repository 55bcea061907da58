// SPDX-License-Identifier: BSL-1.0
// What the tests of formats share: packing a whole matrix, and a Gaussian one with its error.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "mote/core/rng.hpp"

namespace mote_tests {

template <class Format>
std::vector<std::byte> encode(const std::vector<float>& w, std::size_t rows, std::size_t cols) {
  std::vector<std::byte> out(Format::bytes(rows, cols), std::byte{0xEE});
  for (std::size_t row = 0; row < rows; row += Format::rows)
    Format::encode_tile(w.data() + row * cols, std::min(Format::rows, rows - row), cols,
                        out.data() + row / Format::rows * Format::tile_bytes(cols));
  return out;
}

template <class Format>
std::vector<float> decode(const std::vector<std::byte>& packed, std::size_t rows, std::size_t cols) {
  std::vector<float> w(rows * cols);
  for (std::size_t row = 0; row < rows; ++row)
    Format::decode_row(packed.data() + row / Format::rows * Format::tile_bytes(cols), row % Format::rows, cols,
                       w.data() + row * cols);
  return w;
}

/// Box and Muller: mote's own normal() has short tails, and a group's largest weight is what counts here.
inline std::vector<float> gaussian_weights(std::size_t n, std::uint64_t seed) {
  mote::rng random(seed);
  std::vector<float> w(n);
  for (float& v : w) {
    const double u = (static_cast<double>(random.next()) + 0.5) * 0x1p-32;
    v = static_cast<float>(std::sqrt(-2 * std::log(u)) *
                           std::cos(6.283185307179586 * static_cast<double>(random.uniform())));
  }
  return w;
}

/// ||w - decoded|| / ||w||
inline double relative_error(const std::vector<float>& w, const std::vector<float>& decoded) {
  double error = 0, size = 0;
  for (std::size_t i = 0; i < w.size(); ++i) {
    error += std::pow(static_cast<double>(w[i]) - static_cast<double>(decoded[i]), 2);
    size += std::pow(static_cast<double>(w[i]), 2);
  }
  return std::sqrt(error / size);
}

/// The error of a Gaussian 512 x 1024 matrix.
template <class Format>
double gaussian_error() {
  const auto w = gaussian_weights(512 * 1024, 1);
  return relative_error(w, decode<Format>(encode<Format>(w, 512, 1024), 512, 1024));
}

}  // namespace mote_tests
