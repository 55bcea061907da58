// SPDX-License-Identifier: BSL-1.0
// Chooses one of some labels by how likely each is as the answer, without generating any: routes, ratings, yes or no.
//   mote::verbalize<"yes", "no"> asked;   asked.calibrate(ai);   asked.choose(ai, "Is the lamp on?").label
// A label's score is its mean log-probability a token, in nats, minus its mean score on typical questions, the prior
// (Zhou et al. 2023, arXiv 2309.17249), or on one without content: a label that the model likes anyway has no
// advantage, nor has a short one. Cost: two floats a label and one; a pass a token of each label and one more, after
// one pass over the prompt.
// Refuses a threshold: whether the best label is good enough, the application measures.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string_view>

#include "mote/core/status.hpp"
#include "mote/core/text_literal.hpp"
#include "mote/simd/math.hpp"

namespace mote::inline v0 {

struct chosen_label {
  status state = status::ok;  ///< else there is no choice
  std::size_t index = 0;
  std::string_view label{};
  float score = 0;        ///< nats a token above the prior
  float margin = 0;       ///< the score less that of the second label
  float probability = 0;  ///< of this label among them, at the temperature
};

template <text_literal... Labels>
class verbalize {
 public:
  static constexpr std::size_t count = sizeof...(Labels);
  static constexpr std::array<std::string_view, count> labels{Labels.view()...};

  /// Measures the prior, the mean score for these texts: some typical questions, of any labels. Once after attach(),
  /// and after each change of what was learned; without it the prior is 0. empty: no text; else the errors of the
  /// pipeline's score(); then the prior stays as it was.
  template <class Pipeline>
  status calibrate(Pipeline& ai, std::span<const std::string_view> typical) {
    if (typical.empty()) return status::empty;
    std::array<float, count> sum{};
    for (const std::string_view text : typical) {
      if (const status s = ai.score(text, labels, scores_); s != status::ok) return s;
      for (std::size_t i = 0; i < count; ++i) sum[i] += scores_[i];
    }
    for (std::size_t i = 0; i < count; ++i) prior_[i] = sum[i] / static_cast<float>(typical.size());
    return status::ok;
  }
  /// The same with one text that says nothing (Zhao et al. 2021, arXiv 2102.09690).
  template <class Pipeline>
  status calibrate(Pipeline& ai, std::string_view content_free = "N/A") {
    return calibrate(ai, std::span<const std::string_view>(&content_free, 1));
  }
  /// Divides scores before they become probabilities: chosen so that on questions of yours they agree with how often
  /// the choice is right (Guo et al. 2017, arXiv 1706.04599). No choice changes. 1 at first. False: `t` is not above 0,
  /// and nothing changes.
  [[nodiscard]] bool temperature(float t) {
    if (!(t > 0)) return false;
    temperature_ = t;
    return true;
  }
  /// Scores the labels; of equals the first is chosen. The errors of the pipeline's score().
  template <class Pipeline>
  chosen_label choose(Pipeline& ai, std::string_view question) {
    if (const status s = ai.score(question, labels, scores_); s != status::ok) return {.state = s};
    std::size_t best = 0;
    for (std::size_t i = 0; i < count; ++i) {
      scores_[i] -= prior_[i];
      if (scores_[i] > scores_[best]) best = i;
    }
    std::size_t second = best == 0 ? 1 : 0;
    for (std::size_t i = 0; i < count; ++i)
      if (i != best && scores_[i] > scores_[second]) second = i;
    float sum = 0;
    for (const float score : scores_) sum += simd::exp((score - scores_[best]) / temperature_);
    return {.state = status::ok,
            .index = best,
            .label = labels[best],
            .score = scores_[best],
            .margin = scores_[best] - scores_[second],
            .probability = 1.0F / sum};
  }
  /// The scores (count) of the newest choice.
  std::span<const float> scores() const { return scores_; }
  std::span<const float> prior() const { return prior_; }

 private:
  static_assert(
      count >= 2 && ((Labels.view().size() != 0) && ...),
      "mote: verbalize<> chooses among labels; name two or more, none of them empty, as in verbalize<\"yes\", \"no\"> [mote-verbalize]");
  static_assert(
      detail::all_differ({Labels.view()...}),
      "mote: a label of verbalize<> stands there twice, and neither could be told from the other; keep one of them [mote-verbalize-twice]");
  std::array<float, count> prior_{}, scores_{};
  float temperature_ = 1;
};

}  // namespace mote::inline v0
