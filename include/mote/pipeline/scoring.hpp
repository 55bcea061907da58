// SPDX-License-Identifier: BSL-1.0
// score(): how likely given texts are as answers, without saying any. A part of basic_pipeline.
// Refuses to know a decoding policy, a constraint or a stop word: probabilities are the model's own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "mote/block/decode.hpp"
#include "mote/core/extremes.hpp"
#include "mote/core/status.hpp"
#include "mote/decode/picking.hpp"
#include "mote/kernel/finite.hpp"
#include "mote/kernel/log_sum.hpp"
#include "mote/model/special_tokens.hpp"
#include "mote/pipeline/text_coder.hpp"

namespace mote::inline v0 {

template <class Pipeline>
class scoring {
 public:
  /// For each text, as the whole answer to the question: its log-probability in nats a token, end token included; what
  /// loss() of such an example is, with the other sign. Ends the current answer. Work: the prompt once, and for each
  /// text a pass a token and one more; the whole prompt again where the cache takes nothing back.
  /// full: fewer scores than answers; too_long, empty, bad_utf8, not_spelled, not_attached, not_finite, io_error:
  /// scores mean nothing.
  status score(std::string_view question, std::span<const std::string_view> answers, std::span<float> scores) {
    (void)detail::keeps_logits<!Pipeline::fuses>::of(nullptr);
    auto& ai = static_cast<Pipeline&>(*this);
    if (scores.size() < answers.size()) return status::full;
    if (const status s = ai.begin(question); s != status::ok) return s;
    status state = status::ok;
    std::size_t at = ai.answer_.position;
    for (std::size_t i = 0; i < answers.size() && state == status::ok; ++i) state = one(ai, answers[i], at, scores[i]);
    ai.stop();
    return state;
  }

 private:
  /// `at`: the next position that was not run.
  static status one(Pipeline& ai, std::string_view answer, std::size_t& at, float& score) {
    using token = typename Pipeline::token;
    const std::size_t begin = ai.answer_.prompt_tokens;
    const std::span<token> room = std::span<token>(ai.tokens_).subspan(begin);
    detail::text_coder<typename Pipeline::words> code{ai.coder(), ai.merging()};
    const std::size_t count = code(answer, room);
    if (count > room.size()) return code.reason(status::too_long);
    if (count == 0) return status::empty;

    if (at >= begin && at - (begin - 1) > Pipeline::store::rollback_tokens(Pipeline::context))
      at = ai.answer_.position;  // from the start
    if (at >= begin) at = begin - 1;
    while (at < begin - 1) {
      const std::size_t part = detail::least_of(begin - 1 - at, Pipeline::pass_limits.tokens);
      if (!run(ai, at, part, 0)) return ai.source_.failure();
      at += part;
    }
    constexpr special_tokens control = Pipeline::model_type::special_tokens;
    constexpr int end = control.eos >= 0 ? control.eos : control.bos;
    const std::size_t said = count + (end >= 0 ? 1 : 0);
    float sum = 0;
    for (std::size_t i = 0; i < said; ++i, ++at) {
      if (!run(ai, at, 1, 1)) return ai.source_.failure();
      float* const logits = ai.last_logits();
      if (!are_finite(logits, Pipeline::shape.vocab)) return status::not_finite;
      const std::size_t next = i < count ? room[i] : static_cast<std::size_t>(end);
      sum += logits[next] - log_sum(logits, Pipeline::shape.vocab);
    }
    score = sum / static_cast<float>(said);
    return status::ok;
  }
  static bool run(Pipeline& ai, std::size_t position, std::size_t count, std::size_t logits_for) {
    return Pipeline::passes::run(ai.base(), ai.learning_->adapter(), ai.cache_.data(), ai.team_, ai.answer_arena(),
                                 ai.tokens_.data() + position, count, position, logits_for) &&
           ai.source_.sound();
  }
};

}  // namespace mote::inline v0
