// SPDX-License-Identifier: BSL-1.0
// Layer normalization (Ba, Kiros & Hinton 2016, arXiv 1607.06450) and its gradient.
// y = gain * (x - mean) * r + bias with r = 1 / sqrt(mean((x - mean)^2) + epsilon).
// Refuses to compute the variance as mean(x^2) - mean^2, which cancels where the mean is large: x is read twice.
#pragma once

#include <cstddef>

#include "mote/kernel/norm.hpp"

namespace mote::inline v0 {

namespace detail {

/// The sum of f(i) over i < n, as sixteen interleaved partial sums joined in a fixed tree. sixteen(i) gives f(i) to
/// f(i + 15) in lanes; one(i) gives f(i) for the last n % 16.
template <class Sixteen, class One>
MOTE_INLINE float interleaved_sum(std::size_t n, Sixteen sixteen, One one) {
  using floats = simd::floats<16>;
  floats sum = floats::all(0.0F);
  std::size_t i = 0;
  for (; i + 16 <= n; i += 16) sum = sum + sixteen(i);
  float last[16] = {};
  for (std::size_t j = 0; i + j < n; ++j) last[j] = one(i + j);
  return simd::reduce_add(sum + floats::load(last));
}

/// layer_norm() before gain and bias is (x - mean) * scale.
struct layer_spread {
  float mean, scale;

  layer_spread(const float* x, std::size_t n, float epsilon) {
    using floats = simd::floats<16>;
    const auto count = static_cast<float>(n);
    mean = interleaved_sum(
               n, [=](std::size_t i) { return floats::load(x + i); }, [=](std::size_t i) { return x[i]; }) /
           count;
    const float squares = interleaved_sum(
        n,
        [x, middle = mean](std::size_t i) {
          const auto d = floats::load(x + i) - floats::all(middle);
          return d * d;
        },
        [x, middle = mean](std::size_t i) { return (x[i] - middle) * (x[i] - middle); });
    // squares - squares makes the scale NaN if the sum overflowed; else it would be 0, and every y the bias.
    scale = 1.0F / simd::sqrt(squares / count + epsilon) + (squares - squares);
  }
};

}  // namespace detail

/// y = gain * ((x - mean) * r) + bias, all (n); without a bias (null) nothing is added. y may be x.
MOTE_NOINLINE inline void layer_norm(const float* x, const float* gain, const float* bias, std::size_t n, float epsilon,
                                     float* y) {
  const detail::layer_spread spread(x, n, epsilon);
  if (bias == nullptr) {
    for (std::size_t i = 0; i < n; ++i) y[i] = gain[i] * ((x[i] - spread.mean) * spread.scale);
  } else {
    for (std::size_t i = 0; i < n; ++i) y[i] = gain[i] * ((x[i] - spread.mean) * spread.scale) + bias[i];
  }
}

/// dx += the gradient through y = layer_norm(x); dgain += dy * (x - mean) * r and dbias += dy, each unless it is null.
inline void layer_norm_gradient(const float* x, const float* gain, const float* dy, std::size_t n, float epsilon,
                                float* dx, float* dgain, float* dbias) {
  using floats = simd::floats<16>;
  const detail::layer_spread spread(x, n, epsilon);
  const float middle = spread.mean;
  const float r = spread.scale;
  const auto count = static_cast<float>(n);
  const float straight = detail::interleaved_sum(
      n, [=](std::size_t i) { return floats::load(dy + i) * floats::load(gain + i); },
      [=](std::size_t i) { return dy[i] * gain[i]; });
  const float along = detail::interleaved_sum(  // the gradient's component along x - mean
      n,
      [=](std::size_t i) {
        return floats::load(dy + i) * floats::load(gain + i) * (floats::load(x + i) - floats::all(middle));
      },
      [=](std::size_t i) { return dy[i] * gain[i] * (x[i] - middle); });
  const float lift = straight * r / count;
  const float back = along * r * r * r / count;
  for (std::size_t i = 0; i < n; ++i) dx[i] += dy[i] * gain[i] * r - lift - (x[i] - middle) * back;
  if (dgain != nullptr)
    for (std::size_t i = 0; i < n; ++i) dgain[i] += dy[i] * ((x[i] - middle) * r);
  if (dbias != nullptr)
    for (std::size_t i = 0; i < n; ++i) dbias[i] += dy[i];
}

}  // namespace mote::inline v0
