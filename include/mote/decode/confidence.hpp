// SPDX-License-Identifier: BSL-1.0
// How sure the model was of its answer: pipeline<hearth, confidence>, then ai.confidence(). Probabilities are the
// model's own at temperature 1, among the tokens that a constraint admits, before a penalty or a draw.
// Cost: 20 bytes, and a float for each token of the vocabulary where the decoding policy changes logits (sample<>); an
// exponential for each token of the vocabulary at each choice.
// Refuses to judge: which value is too low for an action, the application measures on its own questions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <type_traits>

#include "mote/core/log.hpp"
#include "mote/core/slots.hpp"
#include "mote/decode/confidence_slot.hpp"
#include "mote/decode/greedy.hpp"
#include "mote/kernel/log_sum.hpp"

namespace mote::inline v0 {

struct confidence {
  using slot = slots::confidence;

  template <std::size_t Vocab, bool Kept>
  class state {
   public:
    void begin() { count_ = 0, sum_ = margin_ = entropy_ = 0; }
    /// The logits (padded(Vocab)) of the next choice.
    void see(float* logits) {
      total_ = count_ == 0 ? first(logits) : log_sum(logits, Vocab);
      if constexpr (!Kept) std::memcpy(seen_, logits, sizeof seen_);
    }
    void picked(const float* logits, std::size_t id) {
      if constexpr (Kept) sum_ += logits[id] - total_;
      else sum_ += seen_[id] - total_;
      ++count_;
    }
    answer_confidence value() const {
      return {.tokens = count_,
              .mean_log_probability = count_ == 0 ? 0.0F : sum_ / static_cast<float>(count_),
              .margin = margin_,
              .entropy = entropy_};
    }

   private:
    float first(float* logits) {
      const log_sum_entropy all = log_sum_with_entropy(logits, Vocab);
      entropy_ = all.entropy;
      margin_ = all.margin;
      return all.log_sum;
    }

    std::uint32_t count_ = 0;
    float sum_ = 0, total_ = 0, margin_ = 0, entropy_ = 0;
    struct nothing {};
    [[no_unique_address]] std::conditional_t<Kept, nothing, float[Kept ? 1 : Vocab]> seen_{};
  };
};

}  // namespace mote::inline v0
