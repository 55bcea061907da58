// SPDX-License-Identifier: BSL-1.0
// How a gradient becomes a step.
//   adam<>   two floats of state for each trained one; the choice for adapters      (Kingma & Ba 2015, arXiv 1412.6980)
//   sgd<>    no state; the choice where RAM ends                                    rate 1e-2 .. 1e-1
// Both clip the gradient to a norm, in fixed order, and decay weights apart from the gradient (Loshchilov & Hutter 2019,
// arXiv 1711.05101).
// Refuses to allocate: the state is a member of the pipeline, its size part of the type.
#pragma once

#include <cstddef>

#include "mote/kernel/norm.hpp"

namespace mote::inline v0 {

struct adam_knobs {
  float rate = 2e-3F;
  float beta1 = 0.9F;
  float beta2 = 0.98F;  // short runs: the usual 0.999 would still remember its first step after a hundred
  float epsilon = 1e-8F;
  float decay = 0.0F;
  float clip = 1.0F;  ///< largest norm of a gradient; 0: none
};

struct sgd_knobs {
  float rate = 3e-2F;
  float decay = 0.0F;
  float clip = 1.0F;
};

namespace detail {
/// What a gradient must be multiplied with so that its norm is at most `clip`.
inline float clip_factor(float norm, float clip) { return clip > 0.0F && norm > clip ? clip / norm : 1.0F; }
}  // namespace detail

template <adam_knobs Knobs = adam_knobs{}>
struct adam {
  static constexpr std::size_t state_floats(std::size_t n) { return 2 * n; }

  float rate = 0;

  /// The start of a run. Until then every member is zero, so that a static pipeline costs no flash.
  void reset() {
    rate = Knobs.rate;
    power1_ = power2_ = 1.0F;
  }

  /// One step: theta moves, gradient becomes zero. All (n), n a multiple of 16; state (2, n).
  void step(float* theta, float* gradient, float* state, std::size_t n) {
    step(theta, gradient, state, n, simd::sqrt(dot(gradient, gradient, n)));
  }
  /// The same where the caller knows the gradient's norm.
  void step(float* theta, float* gradient, float* state, std::size_t n, float norm) {
    using floats = simd::floats<16>;
    power1_ *= Knobs.beta1;
    power2_ *= Knobs.beta2;
    const auto factor = floats::all(detail::clip_factor(norm, Knobs.clip));
    const auto first = floats::all(1.0F / (1.0F - power1_));
    const auto second = floats::all(1.0F / (1.0F - power2_));
    const auto keep = floats::all(1.0F - rate * Knobs.decay);
    float* m = state;
    float* v = state + n;
    for (std::size_t i = 0; i < n; i += 16) {
      const auto g = floats::load(gradient + i) * factor;
      const auto mean = floats::all(Knobs.beta1) * floats::load(m + i) + floats::all(1.0F - Knobs.beta1) * g;
      const auto square = floats::all(Knobs.beta2) * floats::load(v + i) + floats::all(1.0F - Knobs.beta2) * (g * g);
      mean.store(m + i);
      square.store(v + i);
      const auto width = simd::sqrt(square * second) + floats::all(Knobs.epsilon);
      (floats::load(theta + i) * keep - (floats::all(rate) * (mean * first)) / width).store(theta + i);
      floats::all(0.0F).store(gradient + i);
    }
  }

 private:
  float power1_ = 0;  // beta1 to the number of steps
  float power2_ = 0;
};

template <sgd_knobs Knobs = sgd_knobs{}>
struct sgd {
  static constexpr std::size_t state_floats(std::size_t) { return 0; }

  float rate = 0;

  void reset() { rate = Knobs.rate; }

  void step(float* theta, float* gradient, float* state, std::size_t n) {
    step(theta, gradient, state, n, simd::sqrt(dot(gradient, gradient, n)));
  }
  void step(float* theta, float* gradient, float*, std::size_t n, float norm) {
    using floats = simd::floats<16>;
    const auto factor = floats::all(detail::clip_factor(norm, Knobs.clip) * rate);
    const auto keep = floats::all(1.0F - rate * Knobs.decay);
    for (std::size_t i = 0; i < n; i += 16) {
      (floats::load(theta + i) * keep - factor * floats::load(gradient + i)).store(theta + i);
      floats::all(0.0F).store(gradient + i);
    }
  }
};

}  // namespace mote::inline v0
