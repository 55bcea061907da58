// SPDX-License-Identifier: BSL-1.0
// remember(), approve() and forget(): what a pipeline keeps for later questions, and what then is in no byte of it any
// more. A part of basic_pipeline.
// Refuses to unlearn: what a lesson took from a text stays in what was learned.
#pragma once

#include <cstddef>
#include <cstring>
#include <string_view>
#include <type_traits>

#include "mote/budget/cost.hpp"
#include "mote/core/status.hpp"
#include "mote/recall/hit.hpp"
#include "mote/recall/retriever.hpp"

namespace mote::inline v0 {

template <class Pipeline>
class forgetting {
 public:
  /// Keeps a text for later questions; a full memory forgets its oldest text. too_long (for the index, or for the
  /// prompt), empty, bad_utf8, not_spelled, not_attached: the text is not kept. Ends the current answer where a
  /// constraint copies.
  template <class Text>
  status remember(const Text& text) {
    constexpr bool recalls = Pipeline::recalls && !requires { requires Pipeline::Recall::examples_alone; };
    static_assert(
        recalls || sizeof(Text) == 0,
        "mote: this pipeline does not recall; add a retriever, as in mote::rag<mote::bm25<>> [mote-no-recall]");
    if constexpr (recalls) {
      using index = typename Pipeline::Recall::index;
      auto& ai = static_cast<Pipeline&>(*this);
      if (!ai.attached()) return status::not_attached;
      const status fits = each_piece<index>(std::string_view(text), [&](std::string_view piece) {
        std::size_t count = 0;  // a text that this vocabulary cannot encode could never be in a prompt
        const status s = ai.coder().append(piece, ai.merging(), count);
        return s == status::ok && count + 1 > Pipeline::Recall::tokens ? status::too_long : s;
      });
      if (fits != status::ok) return fits;
      if constexpr (Pipeline::copies) ai.stop();  // its notes may move
      return add_with(*ai.index_, std::string_view(text), ai);
    } else {
      return status::empty;
    }
  }

  /// Keeps an answer that the person took, as an example for questions like this one. too_long (for the memory, or for
  /// the room of examples in a prompt), empty, bad_utf8, not_spelled, not_attached: it is not kept.
  template <class Text>
  status approve(const Text& question, std::string_view answer) {
    constexpr bool kept = requires { Pipeline::Recall::example_tokens; };
    static_assert(
        kept || sizeof(Text) == 0,
        "mote: this pipeline keeps no examples; add them, as in mote::examples<16> or mote::examples<16, mote::rag<mote::bm25<>>> [mote-no-examples]");
    if constexpr (kept) {
      auto& ai = static_cast<Pipeline&>(*this);
      return ai.attached() ? ai.index_->approve(question, answer, ai.coder(), ai.merging()) : status::not_attached;
    } else return status::empty;
  }

  /// Forgets one text (an item_id, or an example_id), or each text that has all of these words; returns how many. Then
  /// no byte of them is left in the object or in a later snapshot: prompt, answer, cache, arena and drafts are zeroed,
  /// and the answer ends. An open lesson ends too, unless lessons take turns with answers.
  template <class What>
  std::size_t forget(const What& what) {
    static_assert(
        Pipeline::recalls || sizeof(What) == 0,
        "mote: this pipeline does not recall; add a retriever, as in mote::rag<mote::bm25<>> [mote-no-recall]");
    std::size_t count = 0;
    if constexpr (Pipeline::recalls) {
      auto& ai = static_cast<Pipeline&>(*this);
      if constexpr (std::is_convertible_v<const What&, std::string_view>) count = ai.index_->forget(what);
      else count = ai.index_->erase(what) ? 1 : 0;
      if (count > 0) wipe(ai);
    }
    return count;
  }

 private:
  static void wipe(Pipeline& ai) {
    ai.stop();
    ai.drafts_.forget();
    ai.learning_->interrupt_lesson();
    ai.tokens_ = {};
    if (ai.arena_.placed())
      std::memset(ai.answer_arena(), 0, detail::answer_arena_bytes(Pipeline::shape, Pipeline::facts));
    if (ai.cache_.placed()) std::memset(ai.cache_.data(), 0, Pipeline::cache_bytes);
  }
};

}  // namespace mote::inline v0
