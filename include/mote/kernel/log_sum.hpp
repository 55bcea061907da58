// SPDX-License-Identifier: BSL-1.0
// The logarithm of the sum of the exponentials of logits, which makes log-probabilities of them, and what a
// distribution says of itself. In softmax()'s order of additions, so everywhere the same bits.
// Refuses to change logits, but for those that pad.
#pragma once

#include <cstddef>

#include "mote/core/log.hpp"
#include "mote/kernel/matrix.hpp"
#include "mote/simd/math.hpp"
#include "mote/simd/pack.hpp"

namespace mote::inline v0 {

namespace detail {

/// The largest of n logits; those that pad become too small to count.
MOTE_INLINE float pad_and_find_largest(float* logits /* (padded(n)) */, std::size_t n) {
  using floats = simd::floats<16>;
  for (std::size_t i = n; i < padded(n); ++i) logits[i] = -3.0e38F;
  floats most = floats::load(logits);
  for (std::size_t i = 16; i < n; i += 16) most = simd::maximum(most, floats::load(logits + i));
  return simd::reduce_max(most);
}

struct exponentials {
  float largest, sum, weighted;  // weighted: the sum of (logit - largest) exp(logit - largest)
};

MOTE_NOINLINE inline exponentials sum_exponentials(float* logits /* (padded(n)) */, std::size_t n) {
  using floats = simd::floats<16>;
  const float top = pad_and_find_largest(logits, n);
  const auto largest = floats::all(top);
  const auto least = floats::all(-80.0F);  // exp(-80) is 2e-35: lower logits weigh nothing, and -3e38 would weigh much
  floats sum = floats::all(0.0F), weighted = floats::all(0.0F);
  for (std::size_t i = 0; i < n; i += 16) {
    const auto below = floats::load(logits + i) - largest;
    const auto e = simd::exp(below);
    sum = sum + e;
    weighted = weighted + e * simd::maximum(below, least);
  }
  return {top, simd::reduce_add(sum), simd::reduce_add(weighted)};
}

}  // namespace detail

/// ln of the sum of exp(logit): a log-probability is logit - log_sum.
inline float log_sum(float* logits /* (padded(n)), finite */, std::size_t n) {
  const detail::exponentials e = detail::sum_exponentials(logits, n);
  return e.largest + natural_log(e.sum);
}

struct log_sum_entropy {
  float log_sum;
  float entropy;  ///< of the distribution, in nats
  float margin;   ///< the largest probability less the second largest
};
inline log_sum_entropy log_sum_with_entropy(float* logits /* (padded(n)), finite */, std::size_t n) {
  const detail::exponentials e = detail::sum_exponentials(logits, n);
  const float log_of_sum = natural_log(e.sum);
  const float entropy = log_of_sum - e.weighted / e.sum;
  bool seen = false;
  float second = -3.0e38F;
  for (std::size_t i = 0; i < n; ++i) {
    if (logits[i] == e.largest && !seen) seen = true;
    else if (logits[i] > second) second = logits[i];
  }
  const float share = simd::exp(second - e.largest);
  return {e.largest + log_of_sum, entropy > 0.0F ? entropy : 0.0F, n < 2 ? 1.0F : (1.0F - share) / e.sum};
}

}  // namespace mote::inline v0
