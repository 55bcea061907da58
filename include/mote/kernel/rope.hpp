// SPDX-License-Identifier: BSL-1.0
// Rotary position embedding (Su et al. 2021, arXiv 2104.09864): rotates each pair of a head's values by position *
// frequency. Pairs are neighbours (2i, 2i + 1), as in the original Llama weights. The gradient is the inverse rotation.
// Refuses powf and large float angles: a frequency is a 64-bit fraction of a turn, computed by the compiler.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "mote/core/log.hpp"
#include "mote/simd/math.hpp"

namespace mote::inline v0 {

namespace detail {

// e^v as a series in double, for the compiler and for PC tools.
constexpr double constant_exp(double v) {
  double sum = 1;
  double term = 1;
  for (int k = 1; k < 40; ++k) {
    term *= v / 16 / k;
    sum += term;
  }
  for (int k = 0; k < 4; ++k) sum *= sum;
  return sum;
}

}  // namespace detail

/// The angle by which one position rotates a pair of a head: theta^(-pair / pairs) radians, in turns.
constexpr double rope_turns_per_position(double log_theta, std::size_t pair, std::size_t pairs) {
  const double radians = detail::constant_exp(-log_theta * static_cast<double>(pair) / static_cast<double>(pairs));
  return radians * 0.15915494309189533576888376337251;
}
/// An angle below one turn in units of 2^-64 turns.
constexpr std::uint64_t rope_units(double turns) { return static_cast<std::uint64_t>(turns * 18446744073709551616.0); }
constexpr std::uint64_t rope_frequency(double log_theta, std::size_t pair, std::size_t pairs) {
  return rope_units(rope_turns_per_position(log_theta, pair, pairs));
}

/// The frequencies of all pairs of a head, computed by the compiler.
template <std::size_t Pairs>
consteval std::array<std::uint64_t, Pairs> rope_frequencies(float theta) {
  std::array<std::uint64_t, Pairs> rotations{};
  const double log_theta = detail::constant_log(static_cast<double>(theta));
  for (std::size_t i = 0; i < Pairs; ++i) rotations[i] = rope_frequency(log_theta, i, Pairs);
  return rotations;
}
/// The same as a table, one for all models with these Pairs and Theta.
template <std::size_t Pairs, float Theta>
inline constexpr std::array<std::uint64_t, Pairs> rope_table = rope_frequencies<Pairs>(Theta);

/// The rotations of one position: out[i] (pairs) is sine and cosine of the angle of pair i.
inline void rope_rotations(const std::uint64_t* frequencies, std::size_t pairs, std::size_t position,
                           simd::sine_cosine* out) {
  for (std::size_t i = 0; i < pairs; ++i) out[i] = simd::rotation(frequencies[i] * position);
}

namespace detail {
/// Calls rotate(pair, by) for the first `pairs` pairs of each head of v, (heads, width). With vectors the inner loop
/// goes over the pairs of a head, which fill them; without, over the heads, so that each rotation is loaded once.
template <class Rotate>
MOTE_INLINE void each_pair(float* __restrict__ v, std::size_t heads, std::size_t width, std::size_t pairs,
                           const simd::sine_cosine* __restrict__ rotations, Rotate rotate) {
  if constexpr (simd::floats<16>::registers < 16) {
    for (std::size_t h = 0; h < heads; ++h, v += width)
      for (std::size_t i = 0; i < pairs; ++i) rotate(v + 2 * i, rotations[i]);
  } else {
    for (std::size_t i = 0; i < pairs; ++i) {
      const simd::sine_cosine by = rotations[i];
      float* pair = v + 2 * i;
      for (std::size_t h = 0; h < heads; ++h, pair += width) rotate(pair, by);
    }
  }
}
struct forwards {
  MOTE_INLINE void operator()(float* pair, simd::sine_cosine by) const {
    const float a = pair[0];
    const float b = pair[1];
    pair[0] = simd::detail::unfused(a * by.cosine) - simd::detail::unfused(b * by.sine);
    pair[1] = simd::detail::unfused(a * by.sine) + simd::detail::unfused(b * by.cosine);
  }
};
struct backwards {
  MOTE_INLINE void operator()(float* pair, simd::sine_cosine by) const {
    const float a = pair[0];
    const float b = pair[1];
    pair[0] = simd::detail::unfused(a * by.cosine) + simd::detail::unfused(b * by.sine);
    pair[1] = simd::detail::unfused(b * by.cosine) - simd::detail::unfused(a * by.sine);
  }
};
}  // namespace detail

/// Rotates every head of v, (heads, 2 * pairs), in place by rotations (pairs).
inline void rope(float* v, std::size_t heads, std::size_t pairs, const simd::sine_cosine* rotations) {
  detail::each_pair(v, heads, 2 * pairs, pairs, rotations, detail::forwards{});
}
/// Rotates the first 2 * pairs channels of every head of v, (heads, width); the others stay.
inline void rope(float* v, std::size_t heads, std::size_t width, std::size_t pairs,
                 const simd::sine_cosine* rotations) {
  detail::each_pair(v, heads, width, pairs, rotations, detail::forwards{});
}

/// The gradient of rope(): rotates dv, (heads, 2 * pairs), in place by the opposite angles.
inline void rope_gradient(float* dv, std::size_t heads, std::size_t pairs, const simd::sine_cosine* rotations) {
  detail::each_pair(dv, heads, 2 * pairs, pairs, rotations, detail::backwards{});
}
inline void rope_gradient(float* dv, std::size_t heads, std::size_t width, std::size_t pairs,
                          const simd::sine_cosine* rotations) {
  detail::each_pair(dv, heads, width, pairs, rotations, detail::backwards{});
}

}  // namespace mote::inline v0
