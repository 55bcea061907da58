// SPDX-License-Identifier: BSL-1.0
// chat() and reply(): conversations in the words of the model's own chat template. A reply keeps what was read before
// in the cache, so only the new turns are read. A part of basic_pipeline.
// Refuses a model without a template, and to hold texts: the conversation is its tokens.
#pragma once

#include <cstddef>
#include <span>

#include "mote/core/bytes.hpp"
#include "mote/core/status.hpp"
#include "mote/learn/lesson.hpp"
#include "mote/model/chat_coder.hpp"
#include "mote/model/chat_template.hpp"
#include "mote/pipeline/answer.hpp"

namespace mote::inline v0 {

namespace detail {
template <class Model>
inline constexpr bool chats = requires {
  Model::chat_template;
  Model::chat_tokens;
};
}  // namespace detail

template <class Pipeline>
class chatting {
 public:
  /// A new conversation, up to where the model answers. No token runs yet. The answer has at most `limit` tokens.
  /// wrong_turn: the template has no place for a turn; empty: no turns; too_long: there is no room for an answer;
  /// bad_utf8; not_spelled; not_attached.
  status begin_chat(turns all, std::size_t limit = too_big) { return make(all, limit, false); }
  /// The conversation goes on behind the newest answer, which stays as it was said, whether it was whole or left early.
  /// Errors as above, and the conversation stays as it was; empty: there is none, or a pass that failed ended it.
  status continue_chat(turns all, std::size_t limit = too_big) { return make(all, limit, true); }

  /// The answers to these turns as ranges of pieces of text, as ask() gives them.
  auto chat(turns all, std::size_t limit = too_big) {
    (void)make(all, limit, false);
    return basic_answer<Pipeline>(static_cast<Pipeline&>(*this));
  }
  auto reply(turns all, std::size_t limit = too_big) {
    (void)make(all, limit, true);
    return basic_answer<Pipeline>(static_cast<Pipeline&>(*this));
  }

 private:
  status make(std::span<const turn> all, std::size_t limit, bool goes_on) {
    using model = typename Pipeline::model_type;
    static_assert(
        detail::chats<model>,
        "mote: this model has no chat template; import it from a file that has one, or ask() it [mote-no-chat]");
    if constexpr (!detail::chats<model>) {
      return status::empty;
    } else {
      auto& ai = static_cast<Pipeline&>(*this);
      auto& answer = ai.answer_;
      if (!goes_on) ai.stop();
      if (!ai.attached()) return answer.progress.fail(status::not_attached);
      if (goes_on && !answer.conversing) return answer.progress.fail(status::empty);
      const std::size_t begin = goes_on ? answer.known() : Pipeline::in_front;
      constexpr std::size_t end = Pipeline::context - Pipeline::answer_room;
      if (begin >= end) return answer.progress.fail(status::too_long);

      const auto words = ai.coder();
      chat_coder out(words, std::span<const chat_token>(model::chat_tokens), ai.merging(),
                     std::span(ai.tokens_).subspan(begin, end - begin), goes_on);
      status made = render_turns(model::chat_template, all, goes_on, out);
      if (made == status::ok) made = out.finish();
      if (made != status::ok) return answer.progress.fail(made);

      ai.begin_answer();
      if (!goes_on) {
        if constexpr (Pipeline::in_front != 0) {
          Pipeline::learning_state::put_leading(ai.tokens_.data());
          answer.position = detail::prefix_of<typename Pipeline::learning_policy>();
        }
      }
      if constexpr (Pipeline::copies) {  // a conversation has no notes to copy of
        ai.decoding_.notes.clear();
        if (!ai.decoding_.admitted.begin(ai.decoding_.notes.all())) return answer.progress.fail(status::no_span);
      }
      answer.prompt_tokens = begin + out.count();
      answer.conversing = true;
      answer.answered = answer.recalled_items = 0;
      answer.limit = limit;
      return answer.progress.start();
    }
  }
};

}  // namespace mote::inline v0
