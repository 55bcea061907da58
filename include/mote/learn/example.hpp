// SPDX-License-Identifier: BSL-1.0
// One example of supervised learning and the tokens it is made of:
//   bos | note text | user prompt | answer text eos        (the loss counts the answer's text and eos)
// Refuses to cut: an example longer than the learning window gives too_long.
#pragma once

#include <concepts>
#include <cstddef>
#include <span>
#include <string_view>

#include "mote/core/finite.hpp"
#include "mote/core/status.hpp"
#include "mote/model/special_tokens.hpp"
#include "mote/model/token_writer.hpp"

namespace mote::inline v0 {

/// Something to learn: the user's text and the answer that it should get. `note` is an optional fact before the prompt.
struct example {
  std::string_view prompt;
  std::string_view answer;
  std::string_view note = {};
};

/// What one call of learn() or learn_step() did.
struct learned {
  status state = status::ok;
  float loss = 0;          ///< nats a token of the answer, before this step
  std::size_t tokens = 0;  ///< of the whole example, control tokens included
  bool stepped = false;    ///< true: the optimizer moved the parameters; false within a batch
  bool done = true;        ///< false: the lesson has more portions
};

/// Ends a lesson whose gradient was collected; the last lesson of a batch makes the optimizer's step. If the loss or a
/// parameter would not be finite: not_finite, and the batch is dropped. Learning: the state of a learning policy.
template <class Learning>
void finish_lesson(Learning& learning, std::size_t batch, std::size_t& examples_in_batch, learned& l) {
  if (!is_finite(l.loss)) {
    if constexpr (requires { learning.drop(); }) learning.drop();
    l.state = status::not_finite;
  } else {
    if (++examples_in_batch < batch) return;
    l.stepped = true;
    if constexpr (requires { static_cast<bool>(learning.step()); }) l.stepped = learning.step();
    else learning.step();
    if (!l.stepped) l.state = status::not_finite;
  }
  examples_in_batch = 0;
}

struct example_tokens {
  status state = status::ok;
  std::size_t tokens = 0;  ///< written, from the start of the target; 0 where state is not ok
  std::size_t answer = 0;  ///< index of the answer's first token
};

/// Writes the example to `target`, whose size is the learning window. empty: no prompt or no answer. too_long: it does
/// not fit, or `encode` gave too_big.
template <std::integral Token, text_encoder<Token> Encode>
constexpr example_tokens assemble_example(const example& e, const special_tokens& control, Encode&& encode,
                                          std::span<Token> target) {
  if (e.answer.empty() || e.prompt.empty()) return {.state = status::empty};
  token_writer<Token> out(target);
  bool fits = out.control(control.bos);
  if (!e.note.empty()) fits = fits && out.control(control.note) && out.text(encode, e.note, out.room());
  fits = fits && out.control(control.user) && out.text(encode, e.prompt, out.room()) && out.control(control.answer);
  const std::size_t answer = out.used();
  fits = fits && out.text(encode, e.answer, out.room()) && out.control(control.eos);
  if (!fits) return {.state = status::too_long};
  return {.state = status::ok, .tokens = out.used(), .answer = answer};
}

}  // namespace mote::inline v0
