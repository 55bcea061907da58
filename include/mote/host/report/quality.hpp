// SPDX-License-Identifier: BSL-1.0
// The distance of a model from the base that it was made from, on text sampled from the base: the mean divergence
// KL(base || other) in nats per token, the ratio of perplexities, and how often both models prefer the same token.
// Refuses models with different vocabularies. Below a thousand tokens the figures are noise; `tokens` has their number.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <stdexcept>
#include <vector>

#include "mote/host/quantize/batch_decoder.hpp"
#include "mote/host/quantize/sampled_text.hpp"

namespace mote::inline v0::host {

struct quality {
  double divergence = 0;        ///< mean KL(base || other), nats per token
  double perplexity_ratio = 1;  ///< other / base, on the tokens of the text
  double same_choice = 1;       ///< part of the positions, 0 to 1, where the likeliest token is the same
  std::size_t tokens = 0;
};

namespace detail {
/// log(sum(exp(logits))), and the log-probability of a token.
double log_sum(std::span<const float> logits);
double log_probability(std::span<const float> logits, std::size_t token);
}  // namespace detail

template <class Family>
class quality_meter_of {
  using model = batch_model_of<Family>;

 public:
  /// `base` must outlive the meter. Its logits on the text are kept if they fit into `most_bytes`; otherwise the base
  /// runs again for every model that is measured.
  quality_meter_of(const batch_model_of<Family>& base, text_sample text,
                   std::size_t most_bytes = std::size_t{1} << 29U);

  quality_meter_of(batch_model_of<Family>&& base, text_sample text,
                   std::size_t most_bytes = 0) = delete;  // a temporary would not outlive it

  const text_sample& text() const { return text_; }
  double base_perplexity() const { return perplexity_; }

  /// The distance of `other`, run with its keys and values in a Cache. Throws if the vocabularies differ.
  template <class Cache = float_cache>
  quality measure(const model& other) const;

 private:
  template <class Cache = float_cache>
  std::vector<float> logits_of(const model& m, std::size_t sequence) const;
  std::span<const float> row(const std::vector<float>& logits, std::size_t t) const {
    return std::span(logits).subspan(t * padded(base_->shape.vocab), base_->shape.vocab);
  }
  const model* base_;
  text_sample text_;
  std::vector<std::vector<float>> kept_;  // per sequence: (length, padded(vocab))
  double perplexity_ = 0;
};
using quality_meter = quality_meter_of<llama>;

template <class Family>
quality_meter_of<Family>::quality_meter_of(const batch_model_of<Family>& base, text_sample text, std::size_t most_bytes)
    : base_(&base), text_(std::move(text)) {
  const std::size_t bytes = text_.sequences * text_.length * padded(base.shape.vocab) * sizeof(float);
  if (bytes <= most_bytes)
    for (std::size_t i = 0; i < text_.sequences; ++i) kept_.push_back(logits_of(base, i));
  double nats = 0;
  for (std::size_t i = 0; i < text_.sequences; ++i) {
    const std::vector<float> logits = kept_.empty() ? logits_of(base, i) : kept_[i];
    for (std::size_t t = 0; t < text_.length; ++t)
      nats -= detail::log_probability(row(logits, t), text_.sequence(i)[t + 1]);
  }
  perplexity_ = std::exp(nats / static_cast<double>(text_.sequences * text_.length));
}

template <class Family>
template <class Cache>
quality quality_meter_of<Family>::measure(const model& other) const {
  if (other.shape.vocab != base_->shape.vocab) throw std::runtime_error("quality: the vocabularies differ");
  quality q{.divergence = 0, .perplexity_ratio = 0, .same_choice = 0, .tokens = text_.sequences * text_.length};
  double lost = 0;
  std::vector<float> again;
  for (std::size_t i = 0; i < text_.sequences; ++i) {
    if (kept_.empty()) again = logits_of(*base_, i);
    const std::vector<float>& expected = kept_.empty() ? again : kept_[i];
    const std::vector<float> found = logits_of<Cache>(other, i);
    for (std::size_t t = 0; t < text_.length; ++t) {
      const auto p = row(expected, t);
      const auto o = row(found, t);
      const double p_log = detail::log_sum(p), o_log = detail::log_sum(o);
      double divergence = 0;
      for (std::size_t v = 0; v < p.size(); ++v) {
        const double log_p = static_cast<double>(p[v]) - p_log;
        if (log_p > -40) divergence += std::exp(log_p) * (log_p - (static_cast<double>(o[v]) - o_log));
      }
      q.divergence += divergence;
      const std::size_t next = text_.sequence(i)[t + 1];
      lost += (static_cast<double>(p[next]) - p_log) - (static_cast<double>(o[next]) - o_log);
      if (std::max_element(p.begin(), p.end()) - p.begin() == std::max_element(o.begin(), o.end()) - o.begin())
        q.same_choice += 1;
    }
  }
  const auto tokens = static_cast<double>(q.tokens);
  q.divergence /= tokens;
  q.perplexity_ratio = std::exp(lost / tokens);
  q.same_choice /= tokens;
  return q;
}

template <class Family>
template <class Cache>
std::vector<float> quality_meter_of<Family>::logits_of(const model& m, std::size_t sequence) const {
  batch_decoder<Cache, Family> decoder(m, 1, text_.length);
  return decoder.run(text_.sequence(sequence).first(text_.length));
}

extern template class quality_meter_of<llama>;
extern template quality quality_meter::measure<float_cache>(const batch_model&) const;

}  // namespace mote::inline v0::host
