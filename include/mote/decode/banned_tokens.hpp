// SPDX-License-Identifier: BSL-1.0
// Lets another decoding policy pick among all tokens but some, which are named by their numbers.
//   banned_tokens<greedy, 29, 30>
//   banned_tokens<sample<>, 29, 30>
// Texts that must not be said, however the vocabulary cuts them, are banned<> (decode/banned.hpp), a constraint.
// Refuses to overrule a constraint: where that admits nothing else, a banned token is said.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

#include "mote/core/check.hpp"
#include "mote/core/slots.hpp"
#include "mote/decode/greedy.hpp"
#include "mote/decode/picking.hpp"

namespace mote::inline v0 {

struct token_number {
  std::size_t value;
};
struct vocabulary_size {
  std::size_t value;
};
template <token_number Banned, vocabulary_size Vocab>
struct banned_token_check {
  static_assert(
      Banned.value < Vocab.value,
      "mote: banned_tokens<> names a token that the vocabulary does not have; its numbers go from 0 to below what is named here [mote-banned-tokens]");
};

template <class Decoding, std::size_t... Tokens>
struct banned_tokens : detail::picks_with<Decoding> {
  using slot = slots::decoding;

  template <std::size_t Vocab>
  struct state {
    [[no_unique_address]] typename detail::picks_with<Decoding>::inner::template state<Vocab> decoding;
    void seed(std::uint64_t s) { decoding.seed(s); }
    template <class Token>
    std::size_t pick(float* logits, std::span<const Token> answer) {
      ban(logits);
      return unless_banned(detail::pick_next(decoding, logits, answer), logits);
    }
    /// The same of tokens that may follow, which are asked for (decode/picking.hpp).
    template <class Token, class Admitted>
      requires detail::asks_for_tokens<decltype(decoding), Vocab>
    std::size_t pick_among(float* logits, std::span<const Token> answer, Admitted& admitted) {
      ban(logits);
      const std::size_t picked = detail::pick_by_asking<Vocab>(decoding, logits, answer, admitted);
      return ((picked != Tokens) && ...) ? picked : Vocab;  // whether others may follow, is not known
    }
    std::size_t pick_unsorted(float* logits)
      requires detail::asks_for_tokens<decltype(decoding), Vocab>
    {
      return unless_banned(detail::pick_masked<Vocab>(decoding, logits), logits);
    }

   private:
    static void ban(float* logits) { ((logits[Tokens] = detail::unlikeliest), ...); }
    static std::size_t unless_banned(std::size_t picked, float* logits) {
      if (((picked != Tokens) && ...)) return picked;
      ban(logits);  // they may be probabilities now
      return greedy::state<Vocab>::pick(logits);
    }
  };
  static constexpr std::size_t largest = [] {
    std::size_t most = 0;
    ((most = Tokens > most ? Tokens : most), ...);
    return most;
  }();
  using within = detail::picks_with<Decoding>;
  template <class Chosen>
  using fault =
      std::conditional_t<(largest < Chosen::shape.vocab), typename within::template fault<Chosen>,
                         unless<(largest < Chosen::shape.vocab),
                                banned_token_check<token_number{largest}, vocabulary_size{Chosen::shape.vocab}>>>;

  static_assert(
      detail::picks_with<Decoding>::of_a_policy && sizeof...(Tokens) != 0,
      "mote: banned_tokens<> needs a decoding policy and the tokens that it must not pick, as in banned_tokens<greedy, 29> [mote-banned-list]");
};

}  // namespace mote::inline v0
