// SPDX-License-Identifier: BSL-1.0
// Learns a soft prompt: vectors of virtual tokens that run before every prompt (Lester et al. 2021, "prompt tuning",
// arXiv 2104.08691). A seed draws a token of the vocabulary for each; the learned vector is added to that token's.
//   prompt_tuning<8>
// Cost of a virtual token: dim parameters, a position of the context, and one more token in each prompt and example.
// Refuses last_layers<>: the gradient of a virtual token comes through every layer.
#pragma once

#include <cstddef>
#include <cstdint>

#include "mote/core/rng.hpp"
#include "mote/kernel/norm.hpp"
#include "mote/learn/learner.hpp"
#include "mote/learn/learner_knobs.hpp"

namespace mote::inline v0 {

struct prompt_tuning_knobs {
  std::uint64_t seed = 1;    ///< of the tokens that they start as
  std::size_t tokens = 64;   ///< longest example, control tokens included
  std::size_t batch = 1;     ///< examples for one step of the optimizer
  std::size_t chunk = 8;     ///< tokens that go through a layer together
  bool takes_turns = false;  ///< true: an answer may run between two portions of a lesson
};

/// The learned vectors, added to the embeddings of the first positions. Satisfies `prompting_delta`.
class virtual_tokens : public matrices_only {
 public:
  virtual_tokens(std::size_t count, std::size_t dim, float* added, float* gradients)
      : count_(count), dim_(dim), added_(added), gradients_(gradients) {}
  static void apply(std::size_t, role, const float*, float*) {}
  std::size_t positions() const { return count_; }
  void embed(std::size_t position, float* x) const { add_to(x, added_ + position * padded(dim_), dim_); }
  void embed_backward(std::size_t position, const float* dx) { add_to(gradients_ + position * padded(dim_), dx, dim_); }
  template <class Function>
  void each(Function f) const {
    for (std::size_t position = 0; position < count_; ++position) f(position * padded(dim_), dim_);
  }

 private:
  std::size_t count_, dim_;
  float *added_, *gradients_;  // (count, padded(dim))
};

template <std::size_t Count, std::uint64_t Seed>
struct soft_prompt {
  static constexpr std::size_t positions = Count;
  template <class Family>
  static constexpr std::size_t floats(const shape& s) {
    return Count * padded(s.dim);
  }
  template <class Family, shape S>
  static virtual_tokens over(float* parameters, float* gradients) {
    return {Count, S.dim, parameters, gradients};
  }
  template <class Token>
  static void lead(std::size_t vocab, Token* tokens /* (Count) */) {
    rng random(Seed * 0x9E3779B97F4A7C15ULL);
    for (std::size_t i = 0; i < Count; ++i)
      tokens[i] = static_cast<Token>(random.below(static_cast<std::uint32_t>(vocab)));
  }
  template <class Family>
  static constexpr std::uint64_t fingerprint() {
    return v0::fingerprint{}.add("prompt tuning").add(Count).add(Seed).value();
  }
};

template <std::size_t Count = 0 /* refused below */, prompt_tuning_knobs Knobs = prompt_tuning_knobs{},
          class Optimizer = adam<adam_knobs{.rate = 1e-2F}>, class Schedule = backpropagation>
struct prompt_tuning
    : learner<soft_prompt<Count == 0 ? 1 : Count, Knobs.seed>, Optimizer, Schedule, learner_knobs_of(Knobs)> {
  static_assert(
      Count >= 1,
      "mote: prompt_tuning<> has no virtual token; say how many, as in prompt_tuning<8> [mote-prompt-tuning]");
};

}  // namespace mote::inline v0
