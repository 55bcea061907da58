// SPDX-License-Identifier: BSL-1.0
// Makes the tokens that the answer has used lately less likely (Keskar et al. 2019, arXiv 1909.05858), then lets
// another decoding policy pick: a small model that picks the likeliest token is easily caught in a loop.
//   repetition_penalty<>                                   1.1, over the 64 newest tokens of the answer, then greedy
//   repetition_penalty<sample<>, repetition_knobs{.penalty = 1.3F, .window = 32}>
// Cost: no bytes of its own, since the pipeline has the tokens; at most window^2 / 2 comparisons a token.
// Refuses to count the prompt: a value of a note must stay as likely as it was.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "mote/core/slots.hpp"
#include "mote/decode/greedy.hpp"
#include "mote/decode/picking.hpp"

namespace mote::inline v0 {

struct repetition_knobs {
  float penalty = 1.1F;     ///< 1 or more, finite; positive logits are divided by it, negative ones multiplied
  std::size_t window = 64;  ///< newest tokens of the answer that count, at least 1
};

namespace detail {

/// Once for each token of `answer` that is among the newest `window`.
template <class Token>
MOTE_NOINLINE void penalize(float* logits, std::span<const Token> answer, std::size_t window, float penalty) {
  constexpr float lowest = -0x1.FFFFFEp127F;
  const std::size_t first = answer.size() > window ? answer.size() - window : 0;
  for (std::size_t i = answer.size(); i-- > first;) {
    const Token t = answer[i];
    std::size_t later = i + 1;
    while (later < answer.size() && answer[later] != t) ++later;
    if (later < answer.size()) continue;
    const float old = logits[t];
    if (old > 0.0F) logits[t] = old / penalty;
    else logits[t] = old < lowest / penalty ? lowest : old * penalty;  // stays finite
  }
}

}  // namespace detail

template <class Decoding = greedy, repetition_knobs Knobs = repetition_knobs{}>
struct repetition_penalty : detail::picks_with<Decoding> {
  using slot = slots::decoding;

  template <std::size_t Vocab>
  struct state {
    [[no_unique_address]] typename detail::picks_with<Decoding>::inner::template state<Vocab> decoding;
    void seed(std::uint64_t s) { decoding.seed(s); }
    template <class Token>
    std::size_t pick(float* logits, std::span<const Token> answer) {
      detail::penalize(logits, answer, Knobs.window, Knobs.penalty);
      return detail::pick_next(decoding, logits, answer);
    }
    /// The same of tokens that may follow, which are asked for (decode/picking.hpp).
    template <class Token, class Admitted>
      requires detail::asks_for_tokens<decltype(decoding), Vocab>
    std::size_t pick_among(float* logits, std::span<const Token> answer, Admitted& admitted) {
      detail::penalize(logits, answer, Knobs.window, Knobs.penalty);
      return detail::pick_by_asking<Vocab>(decoding, logits, answer, admitted);
    }
    std::size_t pick_unsorted(float* logits /* penalized */)
      requires detail::asks_for_tokens<decltype(decoding), Vocab>
    {
      return detail::pick_masked<Vocab>(decoding, logits);
    }
  };

  static_assert(
      detail::picks_with<Decoding>::of_a_policy,
      "mote: repetition_penalty<> changes what another decoding policy picks from; name it first, as in repetition_penalty<sample<>> [mote-decoding-within]");
  static_assert(
      Knobs.penalty >= 1 && Knobs.penalty <= 0x1.FFFFFEp127F && Knobs.window >= 1,
      "mote: repetition_penalty<> needs a finite penalty of at least 1 and a window of at least one token; 1.1 and 64 are usual [mote-repetition]");
};

}  // namespace mote::inline v0
