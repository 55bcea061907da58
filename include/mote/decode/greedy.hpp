// SPDX-License-Identifier: BSL-1.0
// The default of the decoding slot: the likeliest token, the first of equals.
// Refuses chance: the same question has the same answer.
#pragma once

#include <cstddef>
#include <cstdint>

#include "mote/core/slots.hpp"
#include "mote/simd/pack.hpp"

namespace mote::inline v0 {

namespace detail {
inline float largest_of(const float* x, std::size_t n) {
  float most = x[0];
  if constexpr (simd::floats<16>::registers == 16) {  // no vector unit: a plain loop is less code
    for (std::size_t i = 1; i < n; ++i) most = x[i] > most ? x[i] : most;
    return most;
  }
  const std::size_t whole = n / 16 * 16;
  if (whole != 0) {
    auto lanes = simd::floats<16>::load(x);
    for (std::size_t i = 16; i < whole; i += 16) lanes = simd::maximum(lanes, simd::floats<16>::load(x + i));
    most = simd::reduce_max(lanes);
  }
  for (std::size_t rest = 0; rest < n % 16; ++rest) most = x[whole + rest] > most ? x[whole + rest] : most;
  return most;
}
}  // namespace detail

struct greedy {
  using slot = slots::decoding;

  template <std::size_t Vocab>
  struct state {
    static void seed(std::uint64_t) {}
    static std::size_t pick(const float* logits /* (Vocab) */) {
      constexpr std::size_t chunk = 256;  // vectors find the largest of each chunk; one chunk is searched for its index
      float most = logits[0];
      std::size_t at = 0;
      for (std::size_t first = 0; first < Vocab; first += chunk) {
        const float here = detail::largest_of(logits + first, Vocab - first < chunk ? Vocab - first : chunk);
        if (here > most) {
          most = here;
          at = first;
        }
      }
      for (std::size_t i = at; i < Vocab; ++i)
        if (logits[i] == most) return i;
      return 0;  // logits[0] is a NaN, which equals nothing: the model is broken
    }
  };
};

}  // namespace mote::inline v0
