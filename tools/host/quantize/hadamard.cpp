// SPDX-License-Identifier: BSL-1.0
#include "mote/host/quantize/hadamard.hpp"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <span>
#include <vector>

#include "mote/core/rng.hpp"
#include "mote/host/quantize/fold.hpp"

namespace mote::inline v0::host {

void hadamard_transform(std::span<double> v) {
  const std::size_t n = v.size();
  for (std::size_t half = 1; half < n; half *= 2) {
    for (std::size_t i = 0; i < n; i += 2 * half) {
      for (std::size_t j = i; j < i + half; ++j) {
        const double a = v[j];
        const double b = v[j + half];
        v[j] = a + b;
        v[j + half] = a - b;
      }
    }
  }
  const double scale = 1 / std::sqrt(static_cast<double>(n));
  for (double& x : v) x *= scale;
}

rotation::rotation(std::size_t n, std::uint64_t seed)
    : two_(n & (~n + 1)), odd_(n / two_), sign_(n), cosines_(odd_ * odd_) {
  rng random(seed);
  for (double& s : sign_) s = (random.next() & 1U) != 0 ? -1 : 1;
  for (std::size_t k = 0; k < odd_; ++k)  // the orthogonal DCT-II
    for (std::size_t j = 0; j < odd_; ++j)
      cosines_[k * odd_ + j] = std::sqrt((k == 0 ? 1.0 : 2.0) / static_cast<double>(odd_)) *
                               std::cos(std::numbers::pi * (static_cast<double>(j) + 0.5) * static_cast<double>(k) /
                                        static_cast<double>(odd_));
}

void rotation::rotate(std::span<double> v) const {
  for (std::size_t i = 0; i < v.size(); ++i) v[i] *= sign_[i];
  for (std::size_t i = 0; i < odd_; ++i) hadamard_transform(v.subspan(i * two_, two_));
  if (odd_ == 1) return;
  std::vector<double> column(odd_);
  for (std::size_t i = 0; i < two_; ++i) {
    for (std::size_t k = 0; k < odd_; ++k) {
      column[k] = 0;
      for (std::size_t j = 0; j < odd_; ++j) column[k] += cosines_[k * odd_ + j] * v[j * two_ + i];
    }
    for (std::size_t k = 0; k < odd_; ++k) v[k * two_ + i] = column[k];
  }
}

}  // namespace mote::inline v0::host
