// SPDX-License-Identifier: BSL-1.0
// Builds a prompt out of recalled texts and a question, inside a budget of tokens:
//   bos | note worst item | ... | note best item | user question | answer
// The best item stands next to the question. The rule of the budget is LaMP's (Salemi et al. 2023, arXiv 2304.11406)
// for short facts: the best item takes what it needs, what is left rolls over to the next, labels are never cut.
// Refuses to cut: an item stands whole or not at all, and a question that does not fit whole is refused.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <span>
#include <string_view>

#include "mote/core/status.hpp"
#include "mote/model/dialogue.hpp"

namespace mote::inline v0 {

/// Turns a text into tokens: writes them to `out` and answers how many, or any number above out.size() (as `too_big`)
/// if they do not fit. It never gives a control token: that is what keeps an item from speaking as the user.
template <class Encode, class Token>
concept text_encoder = std::integral<Token> && requires(Encode& encode, std::string_view text, std::span<Token> out) {
  { encode(text, out) } -> std::convertible_to<std::size_t>;
};

struct prompt_result {
  status state = status::ok;
  std::size_t tokens = 0;  ///< written, from the start of the target; 0 where state is not ok
  std::size_t items = 0;   ///< of the hits, how many are in it
};

namespace detail {

template <std::integral Token>
class prompt_writer {
 public:
  constexpr explicit prompt_writer(std::span<Token> target) : target_(target) {}

  constexpr std::size_t used() const { return used_; }
  constexpr std::size_t room() const { return target_.size() - used_; }

  /// A control token. One that the model does not have is nothing.
  constexpr bool control(int id) {
    if (id < 0) return true;
    if (room() == 0) return false;
    target_[used_++] = static_cast<Token>(id);
    return true;
  }

  /// A text, in at most `most` tokens.
  template <class Encode>
  constexpr bool text(Encode& encode, std::string_view text, std::size_t most) {
    const std::span<Token> out = target_.subspan(used_, std::min(most, room()));
    const std::size_t count = encode(text, out);
    if (count > out.size()) return false;
    used_ += count;
    return true;
  }

  /// Takes back everything behind `mark`.
  constexpr void back_to(std::size_t mark) { used_ = mark; }

  /// Moves what stands behind `mark` to `place`, in front of what stood there.
  constexpr void move_to(std::size_t place, std::size_t mark) {
    const auto begin = target_.begin();
    std::rotate(begin + static_cast<std::ptrdiff_t>(place), begin + static_cast<std::ptrdiff_t>(mark),
                begin + static_cast<std::ptrdiff_t>(used_));
  }

  constexpr bool holds(std::size_t from, const dialogue& d) const {
    return std::any_of(target_.begin() + static_cast<std::ptrdiff_t>(from),
                       target_.begin() + static_cast<std::ptrdiff_t>(used_), [&](Token t) {
                         const auto is = [t](int id) { return id >= 0 && t == static_cast<Token>(id); };
                         return is(d.note) || is(d.user) || is(d.answer);
                       });
  }

 private:
  std::span<Token> target_;
  std::size_t used_ = 0;
};

}  // namespace detail

/// Writes the prompt to `target`, whose size is the budget of the whole; the items take at most `item_budget` of it.
/// `best_first` are the texts of a search's hits. Where the model has no token for a note or a user, a newline parts
/// the texts. Work: at most one encoding of each text, and as many moves of a token as there are items.
/// empty: the question is no token; too_long: question and control tokens do not fit; corrupt_vocabulary: the encoder
/// made a control token out of a text.
template <std::integral Token, text_encoder<Token> Encode>
constexpr prompt_result assemble_prompt(std::span<const std::string_view> best_first, std::string_view question,
                                        const dialogue& control, std::size_t item_budget, Encode&& encode,
                                        std::span<Token> target) {
  detail::prompt_writer<Token> out(target);
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
