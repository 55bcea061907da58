// SPDX-License-Identifier: BSL-1.0
// Learns vectors that stand in front of every prompt, a soft prompt of virtual tokens (Lester et al. 2021, "prompt tuning",
// arXiv 2104.08691). Each begins as a token of the vocabulary, drawn by a seed: what is learned is added to its vector.
//   prompt_tuning<8>
// Cost: dim parameters a virtual token, and one position of the context; a prompt and an example are so many tokens longer.
// Refuses last_layers<>: what stands in front learns through every layer.
#pragma once

#include <cstddef>
#include <cstdint>

#include "mote/core/rng.hpp"
#include "mote/kernel/norm.hpp"
#include "mote/learn/learner.hpp"
#include "mote/learn/learner_knobs.hpp"

namespace mote::inline v0 {

struct prompt_tuning_knobs {
  std::uint64_t seed = 1;    ///< of the tokens that they begin as
  std::size_t tokens = 64;   ///< longest example, prompt and answer together
  std::size_t batch = 1;     ///< examples to a step of the optimiser
  std::size_t chunk = 8;     ///< tokens at a time through the wide layers
  bool takes_turns = false;  ///< an answer may be given while a lesson is under way
};

/// What is added to the first vectors of a sequence. Satisfies `prompting_delta`.
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
          class Optimiser = adam<adam_knobs{.rate = 1e-2F}>, class Schedule = backpropagation>
struct prompt_tuning
    : learner<soft_prompt<Count == 0 ? 1 : Count, Knobs.seed>, Optimiser, Schedule, learner_knobs_of(Knobs)> {
  static_assert(
      Count >= 1,
      "mote: prompt_tuning<> has no virtual token; say how many, as in prompt_tuning<8> [mote-prompt-tuning]");
};

}  // namespace mote::inline v0
