// SPDX-License-Identifier: BSL-1.0
// The position of an answer and the attached image: the last member of a pipeline, with the steps of an answer that
// depend on no policy. All pipelines of one tokenizer share their code.
// Refuses to run a pass: the pipeline does, between these steps.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "mote/core/bytes.hpp"
#include "mote/core/status.hpp"
#include "mote/model/bounds.hpp"
#include "mote/model/sentencepiece_bpe.hpp"
#include "mote/model/special_tokens.hpp"
#include "mote/model/tokenizer.hpp"
#include "mote/pipeline/answer.hpp"
#include "mote/pipeline/text_coder.hpp"
#include "mote/recall/prompt.hpp"
#include "mote/simd/contraction.hpp"
#include "mote/simd/subnormals.hpp"
#include "mote/store/container.hpp"

namespace mote::inline v0 {

template <class Tokenizer>
struct basic_answer_state {
  basic_attached_image<typename Tokenizer::table> image;
  bool attached = false;          ///< whether `image` is one
  bool conversing = false;        ///< whether a conversation's turns may follow
  std::size_t position = 0;       ///< of the next token to run
  std::size_t prompt_tokens = 0;  ///< 0: no question was asked
  std::size_t answered = 0;
  std::size_t limit = 0;
  std::size_t recalled_items = 0;
  answer_progress progress;

  MOTE_NOINLINE Tokenizer words(const special_tokens& control) const { return {image.vocabulary, control}; }

  void stop() {
    position = prompt_tokens = answered = recalled_items = 0;
    conversing = false;
    progress.stop();
  }
  /// A pass failed: what it left of the text in the cache is nobody's, so no text is left either.
  progress_step break_off(status why) {
    stop();
    return progress.fail_step(why);
  }

  /// Puts `positions` before the prompt; the first `first` of them have no token to run.
  void stand_behind(std::size_t positions, std::size_t first) {
    prompt_tokens += positions;
    position = first;
  }

  /// Whether these texts are at most so many tokens, with what parts them.
  bool fit(std::span<const std::string_view> texts, const special_tokens& control, std::size_t most,
           std::span<merge_slot> scratch) const {
    std::size_t all = 0;
    for (const std::string_view text : texts) {
      std::size_t count = 0;
      if (words(control).append(text, scratch, count) != status::ok) return false;
      all += count + 2;
    }
    return all <= most;
  }

  /// Writes the prompt to `target`. If the question is empty and the model has no user token, the prompt is bos alone:
  /// the model then starts a text. Keep: called with each item that is in it.
  template <class Token, class Keep = items_not_kept>
  MOTE_NOINLINE status begin(std::span<const std::string_view> best_first, std::string_view question, std::size_t most,
                             const special_tokens& control, std::size_t item_budget, std::span<merge_slot> scratch,
                             std::span<Token> target, Keep&& keep = {}) {
    if (question.empty() && control.user < 0 && control.bos >= 0) {
      target[0] = static_cast<Token>(control.bos);
      prompt_tokens = 1;
    } else {
      detail::text_coder<Tokenizer> code{words(control), scratch};
      const auto made = assemble_prompt<Token>(best_first, question, control, item_budget, code, target, keep);
      if (made.state != status::ok) return progress.fail(code.reason(made.state));
      prompt_tokens = made.tokens;
      recalled_items = made.items;
    }
    limit = most;
    return progress.start();
  }

  /// Tokens of the prompt and the answer, of which the last was not run.
  std::size_t known() const { return prompt_tokens + answered; }
  /// `count` tokens from `first` on leave a full context; those that stay are run again from `from` on.
  template <class Token>
  void leave(std::span<Token> tokens, std::size_t first, std::size_t count, std::size_t from) {
    for (std::size_t i = first; i + count < tokens.size(); ++i) tokens[i] = tokens[i + count];
    const std::size_t end = first + count < prompt_tokens ? first + count : prompt_tokens;
    const std::size_t of_prompt = end > first ? end - first : 0;
    prompt_tokens -= of_prompt;
    answered -= count - of_prompt;
    if (limit != too_big) limit -= count - of_prompt;
    position = from;
  }

  bool under_way() const { return progress.ending == ending::none && prompt_tokens != 0; }
  /// Whether a leading space of the next token is not said: it is the first of the answer.
  template <class Token>
  bool opens(std::span<const Token> tokens, const special_tokens& control) const {
    if constexpr (!requires { requires Tokenizer::drops_space; }) return false;
    return answered == 0 && control.bos >= 0 &&
           (control.answer >= 0 || static_cast<int>(tokens[prompt_tokens - 1]) == control.bos);
  }

  /// Whether there is a token to run, in a context of `context` tokens; if not, `progress` says why.
  bool goes_on(std::size_t context) {
    if (progress.ending != ending::none || prompt_tokens == 0) return false;
    if (answered >= limit) progress.ending = ending::limit;
    else if (position >= context) progress.ending = ending::context_full;
    return progress.ending == ending::none;
  }

  /// The text of the answer's token at `at`; `first`: the answer's first one.
  template <class Token>
  std::string_view piece_at(std::span<const Token> tokens, std::size_t at, bool first,
                            const special_tokens& control) const {
    return words(control).piece(before(tokens[at - 1], first, control), tokens[at]);
  }
  /// The token that a piece follows; behind the answer's control token the piece drops its leading space.
  static std::uint32_t before(std::uint32_t token, bool first, const special_tokens& control) {
    return first && control.answer >= 0 ? static_cast<std::uint32_t>(control.bos) : token;
  }

  /// Appends the picked token to `tokens` (context); an end token ends the answer instead.
  template <class Token>
  progress_step say(std::size_t next, std::span<Token> tokens, const special_tokens& control) {
    const bool said = control.eos >= 0 && next == static_cast<std::size_t>(control.eos);
    if (said || next == static_cast<std::size_t>(control.bos))  // bos is llama2.c's end of a text
      return progress.finish(ending::end_of_text);
    const std::uint32_t previous = before(tokens[position - 1], answered == 0, control);
    if (position < tokens.size()) tokens[position] = static_cast<Token>(next);
    ++answered;
    return {.piece = words(control).piece(previous, static_cast<std::uint32_t>(next))};
  }
};

using answer_state = basic_answer_state<sentencepiece_bpe>;

namespace detail {

MOTE_INLINE status machine_is_sound() {
  if (!arithmetic_is_plain()) return status::fused_multiply_add;
  return subnormals_are_kept() ? status::ok : status::flushed_subnormals;
}

/// Checks the machine's arithmetic, opens the image, and checks that all its numbers are within bounds. Errors:
/// fused_multiply_add, flushed_subnormals, those of open_image(), not_finite.
template <class Formats, class Family, class Table>
status open_weights(std::span<const std::byte> image, const image_expectation& expected, const shape& s,
                    const tensor_map_of<Formats, Family>& map, payload_check depth,
                    basic_attached_image<Table>& opened) {
  if (const status state = machine_is_sound(); state != status::ok) return state;
  if (const status state = open_image(image, expected, opened, depth); state != status::ok) return state;
  return are_bounded(weights<Formats, Family>{opened.weights, s, map}, s) ? status::ok : status::not_finite;
}

}  // namespace detail

}  // namespace mote::inline v0
