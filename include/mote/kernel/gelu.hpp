// SPDX-License-Identifier: BSL-1.0
// Activations of a feed-forward block and their gradients: GELU (Hendrycks & Gimpel 2016, arXiv 1606.08415) in the form
// with tanh, which GPT-2 was trained with, as a gate too (Gemma), and by the error function (GPT-NeoX); and ReLU.
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
  floats inner, square, passed;  // x clamped, its square, the sigmoid

  MOTE_INLINE explicit gelu_parts(floats x)
      : inner(simd::minimum(simd::maximum(x, floats::all(-20.0F)), floats::all(20.0F))),
        square(inner * inner),
        passed(simd::sigmoid(inner * (floats::all(1.5957691216F) + floats::all(0.0713548163F) * square))) {}
  /// d GELU / d x.
  MOTE_INLINE floats slope() const {
    const auto one = floats::all(1.0F);
    return passed +
           inner * passed * (one - passed) * (floats::all(1.5957691216F) + floats::all(0.2140644489F) * square);
  }
};

/// x times the normal distribution's integral up to x. The integral below -|x| is e^(-x^2/2) r / 2 with r = e^(x^2/2)
/// erfc(|x| / sqrt(2)), a polynomial of 1 / (1 + 0.3 |x|): coefficients by a Remez exchange over |x| <= 13, where its
/// relative error is below 6e-8. x is clamped to [-12, 12], where the integral is below 2e-33 or 1.
struct gelu_erf_parts {
  using floats = simd::floats<16>;
  floats inner, gaussian, passed;  // gaussian: e^(-x^2/2)

  MOTE_INLINE explicit gelu_erf_parts(floats x)
      : inner(simd::minimum(simd::maximum(x, floats::all(-12.0F)), floats::all(12.0F))),
        gaussian(simd::exp(inner * inner * floats::all(-0.5F))),
        passed(floats::all(0.0F)) {
    const auto zero = floats::all(0.0F);
    const auto one = floats::all(1.0F);
    const auto size = simd::maximum(inner, zero - inner);
    const auto t = one / (one + size * floats::all(0.3F));
    auto p = floats::all(7.654192695e-02F);
    p = p * t + floats::all(-3.372866761e-01F);
    p = p * t + floats::all(4.551551696e-01F);
    p = p * t + floats::all(-1.505300693e-01F);
    p = p * t + floats::all(2.833507030e-01F);
    p = p * t + floats::all(1.901025397e-01F);
    p = p * t + floats::all(2.436516924e-01F);
    p = p * t + floats::all(2.390020047e-01F);
    p = p * t + floats::all(1.276565085e-05F);
    const auto below = gaussian * p * floats::all(0.5F);
    passed = simd::where_less(inner, zero, below, one - below);
  }
  /// d GELU / d x.
  MOTE_INLINE floats slope() const { return passed + inner * gaussian * floats::all(0.3989422804F); }
};

}  // namespace detail

/// y = gelu(x), both (padded(n)); y may be x.
MOTE_NOINLINE inline void gelu_tanh(const float* x, std::size_t n, float* y) {
  using floats = simd::floats<16>;
  for (std::size_t i = 0; i < n; i += 16) {
    const auto v = floats::load(x + i);
    (v * detail::gelu_parts(v).passed).store(y + i);
  }
}

/// Turns x into its gradient in place, given dy, both (padded(n)).
inline void gelu_tanh_gradient(float* x, const float* dy, std::size_t n) {
  using floats = simd::floats<16>;
  for (std::size_t i = 0; i < n; i += 16)
    (floats::load(dy + i) * detail::gelu_parts(floats::load(x + i)).slope()).store(x + i);
}

/// The same by the error function.
MOTE_NOINLINE inline void gelu_erf(const float* x, std::size_t n, float* y) {
  using floats = simd::floats<16>;
  for (std::size_t i = 0; i < n; i += 16) {
    const auto v = floats::load(x + i);
    (v * detail::gelu_erf_parts(v).passed).store(y + i);
  }
}
inline void gelu_erf_gradient(float* x, const float* dy, std::size_t n) {
  using floats = simd::floats<16>;
  for (std::size_t i = 0; i < n; i += 16)
    (floats::load(dy + i) * detail::gelu_erf_parts(floats::load(x + i)).slope()).store(x + i);
}

/// h = gelu(gate) * up in the form with tanh, all (padded(n)); h may be gate or up.
MOTE_NOINLINE inline void geglu(const float* gate, const float* up, std::size_t n, float* h) {
  using floats = simd::floats<16>;
  for (std::size_t i = 0; i < n; i += 16) {
    const auto g = floats::load(gate + i);
    ((g * detail::gelu_parts(g).passed) * floats::load(up + i)).store(h + i);
  }
}
/// Turns gate and up into their gradients in place, given dh, all (padded(n)).
inline void geglu_gradient(float* gate, float* up, const float* dh, std::size_t n) {
  using floats = simd::floats<16>;
  for (std::size_t i = 0; i < n; i += 16) {
    const auto g = floats::load(gate + i);
    const auto u = floats::load(up + i);
    const auto d = floats::load(dh + i);
    const detail::gelu_parts parts(g);
    (d * (g * parts.passed)).store(up + i);
    (d * u * parts.slope()).store(gate + i);
  }
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
