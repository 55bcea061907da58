// SPDX-License-Identifier: BSL-1.0
// Root-mean-square normalization (Zhang & Sennrich 2019, arXiv 1910.07467) and its gradient.
// y = gain * x * r with r = 1 / sqrt(mean(x^2) + epsilon).
// Refuses a mean or a bias.
#pragma once

#include <cstddef>

#include "mote/kernel/matrix.hpp"
#include "mote/simd/math.hpp"

namespace mote::inline v0 {

namespace detail {
/// Calls f.operator()<16>(i) for every whole sixteen of n floats, then f.operator()<1>(i) for each of the rest; only
/// the latter without vectors of floats, where sixteen at a time would just be more code. A plain loop does not serve:
/// -O2 vectorizes loops of constant length only. The rest is counted down: GCC 12 warns of one that a constant n lacks.
template <class Function>
MOTE_INLINE void in_lanes(std::size_t n, Function f) {
  std::size_t i = 0, left = n;
  if constexpr (simd::floats<16>::registers < 16) {
    for (; i + 16 <= n; i += 16) f.template operator()<16>(i);
    left = n % 16;
  }
  for (; left > 0; --left, ++i) f.template operator()<1>(i);
}
}  // namespace detail

/// y += x, both (n)
inline void add_to(float* y, const float* x, std::size_t n) {
  detail::in_lanes(n, [=]<std::size_t N>(std::size_t i) __attribute__((always_inline)) {
    (simd::floats<N>::load(y + i) + simd::floats<N>::load(x + i)).store(y + i);
  });
}

/// y *= by, of (n)
inline void scale_by(float* y, float by, std::size_t n) {
  detail::in_lanes(n, [=]<std::size_t N>(std::size_t i) __attribute__((always_inline)) {
    (simd::floats<N>::load(y + i) * simd::floats<N>::all(by)).store(y + i);
  });
}

/// The sum of a[i] * b[i] as sixteen interleaved partial sums joined in a fixed tree.
inline float dot(const float* a, const float* b, std::size_t n) {
  using floats = simd::floats<16>;
  floats sum = floats::all(0.0F);
  std::size_t i = 0;
  for (; i + 16 <= n; i += 16) sum = sum + floats::load(a + i) * floats::load(b + i);
  if (i < n) {
    float left[16] = {};
    float right[16] = {};
    for (std::size_t j = 0; i + j < n; ++j) {
      left[j] = a[i + j];
      right[j] = b[i + j];
    }
    sum = sum + floats::load(left) * floats::load(right);
  }
  return simd::reduce_add(sum);
}

/// 1 / sqrt(mean(x^2) + epsilon) of x (n). NaN if the sum of squares overflows: the result would be 0, and every y too.
inline float inverse_rms(const float* x, std::size_t n, float epsilon) {
  const float squares = dot(x, x, n);
  return 1.0F / simd::sqrt(squares / static_cast<float>(n) + epsilon) + (squares - squares);
}

/// y = gain * (r * x), all (n)
inline void rms_norm(const float* x, const float* gain, std::size_t n, float epsilon, float* y) {
  const float r = inverse_rms(x, n, epsilon);
  detail::in_lanes(n, [=]<std::size_t N>(std::size_t i) __attribute__((always_inline)) {
    (simd::floats<N>::load(gain + i) * (simd::floats<N>::all(r) * simd::floats<N>::load(x + i))).store(y + i);
  });
}

/// dx += the gradient through y = rms_norm(x); dgain += dy * x * r unless it is null.
inline void rms_norm_gradient(const float* x, const float* gain, const float* dy, std::size_t n, float epsilon,
                              float* dx, float* dgain) {
  using floats = simd::floats<16>;
  const float r = inverse_rms(x, n, epsilon);
  floats sum = floats::all(0.0F);
  float last[16] = {};
  std::size_t i = 0;
  for (; i + 16 <= n; i += 16) sum = sum + floats::load(dy + i) * floats::load(gain + i) * floats::load(x + i);
  for (std::size_t j = 0; i + j < n; ++j) last[j] = dy[i + j] * gain[i + j] * x[i + j];
  const float along = simd::reduce_add(sum + floats::load(last));  // the gradient's component along x
  const float back = along * r * r * r / static_cast<float>(n);
  for (i = 0; i < n; ++i) dx[i] += dy[i] * gain[i] * r - x[i] * back;
  if (dgain != nullptr)
    for (i = 0; i < n; ++i) dgain[i] += dy[i] * (r * x[i]);
}

}  // namespace mote::inline v0
