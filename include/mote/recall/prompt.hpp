// SPDX-License-Identifier: BSL-1.0
// Builds a prompt out of recalled texts and a question, inside a budget of tokens:
//   bos | note worst item | ... | note best item | user question | answer
// The best item is next to the question. The budget is shared as in LaMP (Salemi et al. 2023, arXiv 2304.11406) for
// short facts: the best item takes what it needs, the next may use what is left, labels are never cut.
// Refuses to cut: an item is in the prompt whole or not at all, and a question that does not fit gives too_long.
#pragma once

#include <concepts>
#include <cstddef>
#include <span>
#include <string_view>

#include "mote/core/status.hpp"
#include "mote/model/special_tokens.hpp"
#include "mote/model/token_writer.hpp"

namespace mote::inline v0 {

struct prompt_result {
  status state = status::ok;
  std::size_t tokens = 0;  ///< written, from the start of the target; 0 where state is not ok
  std::size_t items = 0;   ///< hits that are in the prompt
};

/// Called with each text that is in the prompt, best first.
struct items_not_kept {
  constexpr void operator()(std::string_view) const {}
};

/// Writes the prompt to `target`, whose size is the budget of the whole; the items take at most `item_budget` of it.
/// `best_first` are the texts of a search's hits. If the model has no token for a note or a user, a newline separates
/// the texts. Work: at most one encoding of each text; each item moves the tokens that are written already once.
/// empty: the question has no token; too_long: question and control tokens do not fit; corrupt_vocabulary: the encoder
/// made a control token out of a text.
template <std::integral Token, text_encoder<Token> Encode, class Keep = items_not_kept>
constexpr prompt_result assemble_prompt(std::span<const std::string_view> best_first, std::string_view question,
                                        const special_tokens& control, std::size_t item_budget, Encode&& encode,
                                        std::span<Token> target, Keep&& keep = {}) {
  token_writer<Token> out(target);
  if (!out.control(control.bos)) return {.state = status::too_long};
  const std::size_t items_begin = out.used();

  // The question is written first, because it must fit; each item is then written after it and moved to the front.
  if (!out.control(control.user)) return {.state = status::too_long};
  const std::size_t question_begin = out.used();
  if (!out.text(encode, question, out.room())) return {.state = status::too_long};
  if (out.used() == question_begin) return {.state = status::empty};
  if (out.holds(question_begin, control)) return {.state = status::corrupt_vocabulary};
  if (!out.control(control.answer)) return {.state = status::too_long};

  std::size_t items = 0;
  std::size_t left = item_budget;
  bool newline_behind = control.user < 0;  // no control token separates the next item from the text after it
  for (std::string_view item : best_first) {
    const std::size_t mark = out.used();
    const auto spent = [&] { return out.used() - mark; };
    if (item.empty() || left == 0) continue;
    bool whole = out.control(control.note);
    const std::size_t text_begin = out.used();
    whole = whole && out.text(encode, item, left - spent()) && out.used() > text_begin;
    whole = whole && (!newline_behind || out.text(encode, "\n", left - spent()));
    if (!whole) {  // too long for what is left: the next item may use that
      out.back_to(mark);
      continue;
    }
    if (out.holds(text_begin, control)) return {.state = status::corrupt_vocabulary};
    left -= spent();
    out.move_to(items_begin, mark);
    newline_behind = control.note < 0;
    keep(item);
    ++items;
  }
  return {.state = status::ok, .tokens = out.used(), .items = items};
}

}  // namespace mote::inline v0
