// SPDX-License-Identifier: BSL-1.0
// Builds a prompt out of recalled texts and a question, inside a budget of tokens:
//   bos | note worst item | ... | note best item | user question | answer
// The best item stands next to the question. The rule of the budget is LaMP's (Salemi et al. 2023, arXiv 2304.11406)
// for short facts: the best item takes what it needs, what is left rolls over to the next, labels are never cut.
// Refuses to cut: an item stands whole or not at all, and a question that does not fit whole is refused.
#pragma once

#include <concepts>
#include <cstddef>
#include <span>
#include <string_view>

#include "mote/core/status.hpp"
#include "mote/model/dialogue.hpp"
#include "mote/model/token_writer.hpp"

namespace mote::inline v0 {

struct prompt_result {
  status state = status::ok;
  std::size_t tokens = 0;  ///< written, from the start of the target; 0 where state is not ok
  std::size_t items = 0;   ///< of the hits, how many are in it
};

/// Writes the prompt to `target`, whose size is the budget of the whole; the items take at most `item_budget` of it.
/// `best_first` are the texts of a search's hits. Where the model has no token for a note or a user, a newline parts
/// the texts. Work: at most one encoding of each text, and as many moves of a token as there are items.
/// empty: the question is no token; too_long: question and control tokens do not fit; corrupt_vocabulary: the encoder
/// made a control token out of a text.
template <std::integral Token, text_encoder<Token> Encode>
constexpr prompt_result assemble_prompt(std::span<const std::string_view> best_first, std::string_view question,
                                        const dialogue& control, std::size_t item_budget, Encode&& encode,
                                        std::span<Token> target) {
  token_writer<Token> out(target);
  if (!out.control(control.bos)) return {.state = status::too_long};
  const std::size_t items_begin = out.used();

  // The question comes first, because it must be there; each item is then written behind it and moved to the front.
  if (!out.control(control.user)) return {.state = status::too_long};
  const std::size_t question_begin = out.used();
  if (!out.text(encode, question, out.room())) return {.state = status::too_long};
  if (out.used() == question_begin) return {.state = status::empty};
  if (out.holds(question_begin, control)) return {.state = status::corrupt_vocabulary};
  if (!out.control(control.answer)) return {.state = status::too_long};

  std::size_t items = 0;
  std::size_t left = item_budget;
  bool newline_behind = control.user < 0;  // nothing marks where the text that follows the next item begins
  for (std::string_view item : best_first) {
    const std::size_t mark = out.used();
    const auto spent = [&] { return out.used() - mark; };
    if (item.empty() || left == 0) continue;
    bool whole = out.control(control.note);
    const std::size_t text_begin = out.used();
    whole = whole && out.text(encode, item, left - spent()) && out.used() > text_begin;
    whole = whole && (!newline_behind || out.text(encode, "\n", left - spent()));
    if (!whole) {  // too long for what is left: its share goes to the next
      out.back_to(mark);
      continue;
    }
    if (out.holds(text_begin, control)) return {.state = status::corrupt_vocabulary};
    left -= spent();
    out.move_to(items_begin, mark);
    newline_behind = control.note < 0;
    ++items;
  }
  return {.state = status::ok, .tokens = out.used(), .items = items};
}

}  // namespace mote::inline v0
