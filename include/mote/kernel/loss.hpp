// SPDX-License-Identifier: BSL-1.0
// Softmax over logits, and the cross-entropy of one token, or of a distribution, with its gradient.
// Refuses to keep logits for a sequence: one position at a time, (vocab) floats.
#pragma once

#include <cstddef>
#include <span>

#include "mote/core/log.hpp"
#include "mote/kernel/finite.hpp"
#include "mote/kernel/log_sum.hpp"
#include "mote/kernel/matrix.hpp"
#include "mote/kernel/norm.hpp"
#include "mote/simd/math.hpp"

namespace mote::inline v0 {

/// What softmax() subtracted and divided by: a probability is exp(logit - largest) / sum.
struct softmax_total {
  float largest, sum;
};

/// Turns n finite logits into probabilities in place; the buffer holds padded(n) floats, which become zero from n on.
inline softmax_total softmax(float* logits, std::size_t n) {
  using floats = simd::floats<16>;
  const float top = detail::pad_and_find_largest(logits, n);
  const auto largest = floats::all(top);
  floats sum = floats::all(0.0F);
  const std::size_t whole = n / 16 * 16;
  for (std::size_t i = 0; i < whole; i += 16) {
    const auto e = simd::exp(floats::load(logits + i) - largest);
    e.store(logits + i);
    sum = sum + e;
  }
  if (whole < n) {
    simd::exp(floats::load(logits + whole) - largest).store(logits + whole);
    for (std::size_t i = n; i < whole + 16; ++i) logits[i] = 0;
    sum = sum + floats::load(logits + whole);
  }
  const float all = simd::reduce_add(sum);
  const auto inverse = floats::all(1.0F / all);
  for (std::size_t i = 0; i < n; i += 16) (floats::load(logits + i) * inverse).store(logits + i);
  return {top, all};
}

/// Turns logits (padded(n)) into their gradient, weight * (softmax - one_hot(target)), and returns weight * the loss in
/// nats. If a logit is not finite, returns NaN and leaves the logits as they are.
inline float cross_entropy(float* logits, std::size_t n, std::size_t target, float weight) {
  using floats = simd::floats<16>;
  if (!are_finite(logits, n)) return __builtin_nanf("");
  const float own = logits[target];
  const softmax_total total = softmax(logits, n);
  // A probability near the smallest float has lost its digits: the logits give its logarithm instead.
  const bool has_digits = logits[target] > 1.0e-37F;
  const float log = natural_log(has_digits ? logits[target] : total.sum);
  const float nats = has_digits ? 0.0F - log : (total.largest - own) + log;
  const float loss = nats * weight;
  logits[target] -= 1.0F;
  for (std::size_t i = 0; i < n; i += 16) (floats::load(logits + i) * floats::all(weight)).store(logits + i);
  return loss;
}

/// The same against a distribution q (padded(n)), whose n numbers sum to 1: returns weight * the sum of
/// q * -ln softmax(logits / temperature); logits become weight / temperature * (softmax - q). For the soft targets of a
/// teacher (Hinton et al. 2015, arXiv 1503.02531), q has the same temperature, and weight includes temperature^2. If a
/// logit, q or 1 / temperature is not finite, returns NaN and leaves the logits as they are.
inline float soft_cross_entropy(float* logits, std::size_t n, const float* q, float weight, float temperature = 1.0F) {
  using floats = simd::floats<16>;
  const float inverse = 1.0F / temperature;
  if (!are_finite(logits, n) || !are_finite(q, n) || !is_finite(inverse)) return __builtin_nanf("");
  for (std::size_t i = 0; i < n; i += 16) (floats::load(logits + i) * floats::all(inverse)).store(logits + i);
  const float expected = dot(logits, q, n);
  const softmax_total total = softmax(logits, n);
  const float loss = ((total.largest - expected) + natural_log(total.sum)) * weight;
  const auto factor = floats::all(weight * inverse);
  for (std::size_t i = 0; i < n; i += 16) ((floats::load(logits + i) - floats::load(q + i)) * factor).store(logits + i);
  return loss;
}

/// The loss of the next token. Returns weight * -log of its probability, and replaces the logits by their gradient.
template <class Token>
struct next_tokens {
  std::span<const Token> tokens;
  float weight;
  float operator()(std::size_t position, float* logits, std::size_t vocab) const {
    return cross_entropy(logits, vocab, tokens[position + 1], weight);
  }
};
/// The loss against a distribution for each position, such as a teacher model's. Called like next_tokens.
struct soft_targets {
  const float* distributions;  // (positions, padded(vocab)), each sums to one
  float weight = 1;
  float temperature = 1;
  float operator()(std::size_t position, float* logits, std::size_t vocab) const {
    return soft_cross_entropy(logits, vocab, distributions + position * padded(vocab), weight, temperature);
  }
};

}  // namespace mote::inline v0
