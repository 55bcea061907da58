// SPDX-License-Identifier: BSL-1.0
// The one random number generator: xorshift64* (Vigna 2016), the same numbers on every machine for the same seed.
// Refuses to seed itself from a clock or from noise: nobody could reproduce an answer. rng() starts from a constant.
#pragma once

#include <cstdint>

#include "mote/config.hpp"

namespace mote::inline v0 {

class rng {
 public:
  constexpr rng() = default;
  /// Seed 0 is replaced by the constant of rng(), because a state of zero gives only zeros.
  constexpr explicit rng(std::uint64_t seed) : state_(seed == 0 ? 0x9E3779B97F4A7C15ULL : seed) {}

  constexpr std::uint32_t next() {
    state_ ^= state_ >> 12U;
    state_ ^= state_ << 25U;
    state_ ^= state_ >> 27U;
    return static_cast<std::uint32_t>((state_ * 0x2545F4914F6CDD1DULL) >> 32U);
  }
  /// Uniform in [0, 1): a multiple of 2^-24.
  constexpr float uniform() { return static_cast<float>(next() >> 8U) * 0x1p-24F; }
  /// Uniform in [0, n), n > 0, by one multiplication and no loop; the bias is below n / 2^32.
  constexpr std::uint32_t below(std::uint32_t n) {
    return static_cast<std::uint32_t>((static_cast<std::uint64_t>(next()) * n) >> 32U);
  }
  /// Approximately N(0, 1), within [-6, 6): twelve uniforms less 6 (Irwin-Hall), which needs no logarithm or cosine.
  constexpr float normal() {
    float sum = -6.0F;
    for (int i = 0; i < 12; ++i) sum += uniform();
    return sum;
  }
  constexpr std::uint64_t state() const { return state_; }

 private:
  std::uint64_t state_ = 0x9E3779B97F4A7C15ULL;
};

}  // namespace mote::inline v0
