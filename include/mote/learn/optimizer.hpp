// SPDX-License-Identifier: BSL-1.0
// Optimizers: how a gradient becomes a step.
//   adam<>   two floats of state for each trained one; the choice for adapters      (Kingma & Ba 2015, arXiv 1412.6980)
//   sgd<>    no state; the choice where RAM is short                                rate 1e-2 .. 1e-1
// Both clip the gradient by its norm, which is summed in a fixed order, and decay weights separately from the gradient
// (Loshchilov & Hutter 2019, arXiv 1711.05101).
// Refuses to allocate: the state is a member of the pipeline, its size part of the type. Refuses a step after which a
// parameter would not be finite or would exceed largest_weight.
#pragma once

#include <concepts>
#include <cstddef>

#include "mote/core/check.hpp"
#include "mote/kernel/finite.hpp"
#include "mote/kernel/norm.hpp"

namespace mote::inline v0 {

namespace detail {
/// Both are false for a NaN.
constexpr bool is_within(float value, float least, float most) { return value >= least && value <= most; }
constexpr bool is_share(float value) { return value >= 0.0F && value < 1.0F; }
}  // namespace detail

struct adam_knobs {
  float rate = 2e-3F;
  float beta1 = 0.9F;
  float beta2 = 0.98F;  // for short runs: averages over about 50 steps; the usual 0.999 over about 1,000
  float epsilon = 1e-8F;
  float decay = 0.0F;
  float clip = 1.0F;  ///< largest norm of the gradient; 0: no clipping

  constexpr bool are_sound() const {
    return detail::is_share(beta1) && detail::is_share(beta2) && detail::is_within(epsilon, 1e-30F, 1.0F) &&
           detail::is_within(decay, 0.0F, 1.0F) && detail::is_within(clip, 0.0F, 1e30F);
  }
};

struct sgd_knobs {
  float rate = 3e-2F;
  float decay = 0.0F;
  float clip = 1.0F;

  constexpr bool are_sound() const {
    return detail::is_within(decay, 0.0F, 1.0F) && detail::is_within(clip, 0.0F, 1e30F);
  }
};

/// The largest rate. Adam moves each parameter by about the rate in a step.
inline constexpr float largest_rate = 10.0F;
constexpr bool is_rate(float r) { return r >= 0.0F && r <= largest_rate; }

namespace detail {
/// The factor that brings a gradient's norm down to `clip`; 1 if clip is 0 or the norm is not above it.
inline float clip_factor(float norm, float clip) { return clip > 0.0F && norm > clip ? clip / norm : 1.0F; }

/// A step in two passes over the parameters. The first checks that the norm is finite and every new parameter
/// is_weight(); the second stores them, if so, and zeroes the gradient. Thus a bad step changes no parameter, without a
/// second copy. move(i, write) returns parameters i to i + 15 after the step and stores its own state if `write`.
template <class Move>
bool step_if_sound(float* theta, float* gradient, std::size_t n, float norm, Move move) {
  using floats = simd::floats<16>;
  bool sound = is_finite(norm);
#pragma GCC unroll 1
  for (int pass = 0; pass < 2; ++pass) {
    const bool write = pass == 1;
    for (std::size_t i = 0; i < n; i += 16) {
      if (sound) {
        const floats moved = move(i, write);
        float lanes[16];
        moved.store(write ? theta + i : lanes);
        if (!write) sound = floats_within(lanes, 16);
      }
      if (write) floats::all(0.0F).store(gradient + i);
    }
  }
  return sound;
}
}  // namespace detail

template <adam_knobs Knobs = adam_knobs{}>
struct adam {
  static constexpr std::size_t state_floats(std::size_t n) { return 2 * n; }
  static constexpr float first_rate = Knobs.rate;
  static constexpr bool knobs_are_sound = Knobs.are_sound();

  float rate = 0;

  /// Starts a run. Before it every member is zero, so that a static pipeline goes to .bss.
  void reset() {
    rate = first_rate;
    power1_ = power2_ = 1.0F;
  }

  /// One step: moves theta (n) against gradient (n) and zeroes the gradient; state is (2, n), n a multiple of 16.
  /// False: norm or a new parameter is not finite, or a parameter exceeds largest_weight; only the gradient changes.
  MOTE_NOINLINE bool step(float* theta, float* gradient, float* state, std::size_t n) {
    return step(theta, gradient, state, n, simd::sqrt(dot(gradient, gradient, n)));
  }
  /// The same, with the gradient's norm from the caller.
  bool step(float* theta, float* gradient, float* state, std::size_t n, float norm) {
    using floats = simd::floats<16>;
    const float power1 = power1_ * Knobs.beta1;
    const float power2 = power2_ * Knobs.beta2;
    const auto factor = floats::all(detail::clip_factor(norm, Knobs.clip));
    const auto first = floats::all(1.0F / (1.0F - power1));
    const auto second = floats::all(1.0F / (1.0F - power2));
    const auto keep = floats::all(1.0F - rate * Knobs.decay);
    float* m = state;
    float* v = state + n;
    const bool sound = detail::step_if_sound(theta, gradient, n, norm, [&](std::size_t i, bool write) {
      const auto g = floats::load(gradient + i) * factor;
      const auto mean = floats::all(Knobs.beta1) * floats::load(m + i) + floats::all(1.0F - Knobs.beta1) * g;
      const auto square = floats::all(Knobs.beta2) * floats::load(v + i) + floats::all(1.0F - Knobs.beta2) * (g * g);
      if (write) {
        mean.store(m + i);
        square.store(v + i);
      }
      const auto width = simd::sqrt(square * second) + floats::all(Knobs.epsilon);
      return floats::load(theta + i) * keep - (floats::all(rate) * (mean * first)) / width;
    });
    if (!sound) return false;
    power1_ = power1;
    power2_ = power2;
    return true;
  }

 private:
  float power1_ = 0;  // beta1 to the power of the number of steps
  float power2_ = 0;
};

template <sgd_knobs Knobs = sgd_knobs{}>
struct sgd {
  static constexpr std::size_t state_floats(std::size_t) { return 0; }
  static constexpr float first_rate = Knobs.rate;
  static constexpr bool knobs_are_sound = Knobs.are_sound();

  float rate = 0;

  void reset() { rate = first_rate; }

  /// As adam's step(); there is no state.
  MOTE_NOINLINE bool step(float* theta, float* gradient, float* state, std::size_t n) {
    return step(theta, gradient, state, n, simd::sqrt(dot(gradient, gradient, n)));
  }
  bool step(float* theta, float* gradient, float*, std::size_t n, float norm) {
    using floats = simd::floats<16>;
    const auto factor = floats::all(detail::clip_factor(norm, Knobs.clip) * rate);
    const auto keep = floats::all(1.0F - rate * Knobs.decay);
    return detail::step_if_sound(theta, gradient, n, norm, [&](std::size_t i, bool) {
      return floats::load(theta + i) * keep - factor * floats::load(gradient + i);
    });
  }
};

/// The members of an optimizer, in the order in which they are checked. `first_rate`, the rate that reset() sets, and
/// `knobs_are_sound` are optional.
enum class optimizer_member { none, first_rate, knobs_are_sound, state_floats, rate, reset, step };

namespace detail {

template <class O>
inline constexpr bool optimizer_has_state_floats = requires {
  { O::state_floats(std::size_t{16}) } -> std::convertible_to<std::size_t>;
};
template <class O>
inline constexpr bool optimizer_starts_in_range = true;
template <class O>
  requires requires { O::first_rate; }
inline constexpr bool optimizer_starts_in_range<O> = is_rate(O::first_rate);
template <class O>
inline constexpr bool optimizer_is_sound = true;
template <class O>
  requires requires { O::knobs_are_sound; }
inline constexpr bool optimizer_is_sound<O> = O::knobs_are_sound;
template <class O>
inline constexpr bool optimizer_has_rate = requires(O& o, float r) { o.rate = r; };
template <class O>
inline constexpr bool optimizer_resets = requires(O& o) { o.reset(); };
template <class O>
inline constexpr bool optimizer_steps = requires(O& o, float* theta, float* gradient, float* state, std::size_t n) {
  { o.step(theta, gradient, state, n) } -> std::same_as<bool>;
};

}  // namespace detail

template <class O>
inline constexpr optimizer_member optimizer_lacks = first_missing<optimizer_member>({
    {detail::optimizer_starts_in_range<O>, optimizer_member::first_rate},
    {detail::optimizer_is_sound<O>, optimizer_member::knobs_are_sound},
    {detail::optimizer_has_state_floats<O>, optimizer_member::state_floats},
    {detail::optimizer_has_rate<O>, optimizer_member::rate},
    {detail::optimizer_resets<O>, optimizer_member::reset},
    {detail::optimizer_steps<O>, optimizer_member::step},
});

template <class O>
struct optimizer_check {
  using m = optimizer_member;
  template <m Member>
  static constexpr bool has = optimizer_lacks<O> != Member;
  static_assert(has<m::first_rate>,
                "mote: a learning rate must lie in 0 to 10; 0.002 is usual for adam<>, 0.03 for sgd<> [mote-rate]");
  static_assert(
      has<m::knobs_are_sound>,
      "mote: an optimizer has a knob out of range; .beta1 and .beta2 lie in 0 to below 1, .epsilon in 1e-30 to 1, .decay in 0 to 1, .clip in 0 to 1e30 [mote-optimizer-knobs]");
  static_assert(
      has<m::state_floats>,
      "mote: this optimizer does not say what it keeps; give it `static constexpr std::size_t state_floats(std::size_t parameters)` [mote-optimizer]");
  static_assert(has<m::rate>,
                "mote: this optimizer has no rate; give it `float rate`, 0 until reset() [mote-optimizer]");
  static_assert(has<m::reset>, "mote: this optimizer has no start; give it `reset()` [mote-optimizer]");
  static_assert(
      has<m::step>,
      "mote: this optimizer makes no step; give it `bool step(float* theta, float* gradient, float* state, std::size_t n)` [mote-optimizer]");
};

}  // namespace mote::inline v0
