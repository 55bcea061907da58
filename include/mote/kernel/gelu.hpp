// SPDX-License-Identifier: BSL-1.0
// Activations of a feed-forward block without a gate, and their gradients: GELU in the form with tanh (Hendrycks &
// Gimpel 2016, arXiv 1606.08415), which GPT-2 was trained with, and ReLU.
// Refuses a scalar tail: buffers hold padded(n) floats, and all of them are read and written.
#pragma once

#include <cstddef>

#include "mote/kernel/matrix.hpp"
#include "mote/simd/math.hpp"

namespace mote::inline v0 {

namespace detail {

/// gelu(x) = x * sigmoid(2 sqrt(2 / pi) (x + 0.044715 x^3)): equal to 0.5 x (1 + tanh(..)), without the cancellation in
/// 1 + tanh near -1. The sigmoid's x is clamped to [-20, 20], where it is below 1e-38 or 1: so x^3 cannot overflow.
struct gelu_parts {
  using floats = simd::floats<16>;
  floats inner, square, open;

  MOTE_INLINE explicit gelu_parts(floats x)
      : inner(simd::minimum(simd::maximum(x, floats::all(-20.0F)), floats::all(20.0F))),
        square(inner * inner),
        open(simd::sigmoid(inner * (floats::all(1.5957691216F) + floats::all(0.0713548163F) * square))) {}
  /// d GELU / d x.
  MOTE_INLINE floats slope() const {
    const auto one = floats::all(1.0F);
    return open + inner * open * (one - open) * (floats::all(1.5957691216F) + floats::all(0.2140644489F) * square);
  }
};

}  // namespace detail

/// y = gelu(x), both (padded(n)); y may be x.
MOTE_NOINLINE inline void gelu_tanh(const float* x, std::size_t n, float* y) {
  using floats = simd::floats<16>;
  for (std::size_t i = 0; i < n; i += 16) {
    const auto v = floats::load(x + i);
    (v * detail::gelu_parts(v).open).store(y + i);
  }
}

/// Turns x into its gradient in place, given dy, both (padded(n)).
inline void gelu_tanh_gradient(float* x, const float* dy, std::size_t n) {
  using floats = simd::floats<16>;
  for (std::size_t i = 0; i < n; i += 16)
    (floats::load(dy + i) * detail::gelu_parts(floats::load(x + i)).slope()).store(x + i);
}

/// y = x where x is positive, 0 elsewhere, both (padded(n)); y may be x. NaN stays NaN.
MOTE_NOINLINE inline void relu(const float* x, std::size_t n, float* y) {
  using floats = simd::floats<16>;
  const auto zero = floats::all(0.0F);
  for (std::size_t i = 0; i < n; i += 16) {
    const auto v = floats::load(x + i);
    simd::where_less(v, zero, zero, v).store(y + i);
  }
}

/// Turns x into its gradient in place, given dy, both (padded(n)); 0 where x is 0.
inline void relu_gradient(float* x, const float* dy, std::size_t n) {
  using floats = simd::floats<16>;
  const auto zero = floats::all(0.0F);
  for (std::size_t i = 0; i < n; i += 16)
    simd::where_less(zero, floats::load(x + i), floats::load(dy + i), zero).store(x + i);
}

}  // namespace mote::inline v0
