// SPDX-License-Identifier: BSL-1.0
// Where an answer is, and the image that it comes from: what stands last in a pipeline, with the steps of an answer that
// no policy changes. All pipelines share their code.
// Refuses to run a pass: the pipeline does, between these steps.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "mote/core/status.hpp"
#include "mote/model/bounds.hpp"
#include "mote/model/dialogue.hpp"
#include "mote/model/tokenizer.hpp"
#include "mote/pipeline/answer.hpp"
#include "mote/pipeline/text_coder.hpp"
#include "mote/recall/prompt.hpp"
#include "mote/simd/contraction.hpp"
#include "mote/simd/subnormals.hpp"
#include "mote/store/container.hpp"

namespace mote::inline v0 {

struct answer_state {
  attached_image image;
  bool attached = false;          ///< whether there is one
  std::size_t position = 0;       ///< of the next token to run
  std::size_t prompt_tokens = 0;  ///< 0: no question was asked
  std::size_t answered = 0;
  std::size_t limit = 0;
  std::size_t recalled_items = 0;
  answer_progress progress;

  MOTE_NOINLINE tokenizer words(const dialogue& control) const { return {image.vocabulary, control}; }

  void stop() {
    position = prompt_tokens = answered = recalled_items = 0;
    progress.stop();
  }

  /// So many positions stand in front of the prompt, and the first of them have nothing to run.
  void stand_behind(std::size_t positions, std::size_t first) {
    prompt_tokens += positions;
    position = first;
  }

  /// Makes the prompt, in `target`. A model of texts, without a token for its user, begins one where nothing is asked.
  template <class Token>
  MOTE_NOINLINE status begin(std::span<const std::string_view> best_first, std::string_view question, std::size_t most,
                             const dialogue& control, std::size_t item_budget, std::span<merge_slot> scratch,
                             std::span<Token> target) {
    if (question.empty() && control.user < 0 && control.bos >= 0) {
      target[0] = static_cast<Token>(control.bos);
      prompt_tokens = 1;
    } else {
      detail::text_coder code{words(control), scratch};
      const auto made = assemble_prompt<Token>(best_first, question, control, item_budget, code, target);
      if (made.state != status::ok) return progress.fail(code.reason(made.state));
      prompt_tokens = made.tokens;
      recalled_items = made.items;
    }
    limit = most;
    return progress.start();
  }

  /// Whether there is a token to run in so much context; else progress says why there is none.
  bool goes_on(std::size_t context) {
    if (progress.ending != ending::none || prompt_tokens == 0) return false;
    if (answered >= limit) progress.ending = ending::limit;
    else if (position >= context) progress.ending = ending::context_full;
    return progress.ending == ending::none;
  }

  /// Adds the token that was picked to `tokens` (context), where it is no end.
  template <class Token>
  progress_step say(std::size_t next, std::span<Token> tokens, const dialogue& control) {
    const bool said = control.eos >= 0 && next == static_cast<std::size_t>(control.eos);
    if (said || next == static_cast<std::size_t>(control.bos))  // bos is llama2.c's end of a text
      return progress.finish(ending::end_of_text);
    const std::uint32_t previous = answered == 0 && control.answer >= 0
                                       ? static_cast<std::uint32_t>(control.bos)  // drops the space in front
                                       : tokens[position - 1];
    if (position < tokens.size()) tokens[position] = static_cast<Token>(next);
    ++answered;
    return {.piece = words(control).piece(previous, static_cast<std::uint32_t>(next))};
  }
};

namespace detail {

/// Opens an image whose numbers are a model's, on a machine that computes as it must.
template <class Formats, class Family>
status open_weights(std::span<const std::byte> image, const image_expectation& expected, const shape& s,
                    const tensor_map_of<Formats, Family>& map, payload_check depth, attached_image& opened) {
  if (!arithmetic_is_plain()) return status::fused_multiply_add;
  if (!subnormals_are_kept()) return status::flushed_subnormals;
  if (const status state = open_image(image, expected, opened, depth); state != status::ok) return state;
  return are_bounded(weights<Formats, Family>{opened.weights, s, map}, s) ? status::ok : status::not_finite;
}

}  // namespace detail

}  // namespace mote::inline v0
