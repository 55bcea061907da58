// SPDX-License-Identifier: BSL-1.0
// Drafts: tokens that are guessed cheaply, run through the model together with the newest one, and kept as far as the
// model agrees. One pass then gives several tokens, and the answer is the one that it would have been.
//   no_draft                       the default                                                0 bytes
//   ngram<1024>                    a table of what followed two tokens; learns while it runs  16 bytes a slot
//   lookup<3>                      what followed the last tokens earlier in the text          0 bytes
//   first_of<lookup<3>, ngram<>>   the first that has a guess
//   gated<ngram<>, draft_knobs{.batch_cost = 0.1F}>   when a draft pays: draft_gate.hpp
// Each keeps Length more rows of logits in the arena: 4 bytes a token of the vocabulary and row.
// Refuses to change an answer: a draft is only a guess at what the decoding policy picks by itself, in its own order.
#pragma once

#include <concepts>
#include <cstddef>
#include <span>

#include "mote/core/slots.hpp"

namespace mote::inline v0 {

/// What the state of a drafting policy offers. `context` is the text so far, prompt and answer, oldest first.
template <class State, class Token>
concept drafter = requires(State s, const State& c, std::span<const Token> context, std::span<Token> out) {
  s.observe(context);                                        // the last token of the context is new
  { c.propose(context, out) } -> std::same_as<std::size_t>;  // what may follow, best first; at most out.size()
  s.reset();                                                 // forgets everything
};

/// What a policy for slots::drafting is: how many tokens it drafts at most, and a state for tokens of either width.
template <class Policy>
concept drafting_policy = fills<Policy, slots::drafting> && requires {
  { Policy::length } -> std::convertible_to<std::size_t>;
  typename Policy::template state<unsigned short>;
};

/// The default of the drafting slot: one pass, one token.
struct no_draft {
  using slot = slots::drafting;
  static constexpr std::size_t length = 0;

  template <class Token>
  struct state {
    static void observe(std::span<const Token>) {}
    static std::size_t propose(std::span<const Token>, std::span<Token>) { return 0; }
    static void reset() {}
  };
};

/// The longest draft: a pass of sixteen tokens and the one before them. Longer ones are not accepted to the end.
inline constexpr std::size_t longest_draft = 16;

}  // namespace mote::inline v0
