// SPDX-License-Identifier: BSL-1.0
// Drafts: tokens that are guessed cheaply, run through the model together with the newest one, and kept as far as the
// model agrees. One pass then gives several tokens, and the answer is the same as without drafts.
//   no_draft                       the default                                                0 bytes
//   ngram<1024>                    a table of what followed two tokens; learns while it runs  16 bytes a slot
//   lookup<3>                      what followed the last tokens earlier in the text          0 bytes
//   first_of<lookup<3>, ngram<>>   the first that has a guess
//   gated<ngram<>, draft_knobs{.batch_cost = 0.1F}>   knobs of the gate that runs a draft if it pays: draft_gate.hpp
// A draft of up to Length tokens needs Length more rows of logits in the arena, 4 bytes * vocab each.
// Refuses to change an answer: the decoding policy picks every token itself, in order; a wrong guess only costs time.
#pragma once

#include <concepts>
#include <cstddef>
#include <span>
#include <type_traits>

#include "mote/block/states.hpp"
#include "mote/core/check.hpp"
#include "mote/core/slots.hpp"
#include "mote/family/family_of.hpp"

namespace mote::inline v0 {

/// What the state of a drafting policy offers. `context` is the text so far, prompt and answer, oldest first.
template <class State, class Token>
concept drafter = requires(State s, const State& c, std::span<const Token> context, std::span<Token> out) {
  s.observe(context);                                        // the last token of the context is new
  { c.propose(context, out) } -> std::same_as<std::size_t>;  // what may follow, in text order; at most out.size()
  s.reset();                                                 // forgets everything
};

/// A policy for slots::drafting: the most tokens that it drafts, and a state for tokens of either width.
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

/// The members of a drafting policy, in the order in which they are checked: a length, a state for a type of token,
/// then the state's.
enum class drafting_member { none, length, state, observe, propose, reset };

namespace detail {

template <class P>
inline constexpr bool drafting_has_length = requires {
  { P::length } -> std::convertible_to<std::size_t>;
};
template <class P, class Token>
inline constexpr bool drafting_has_state =
    requires { requires std::default_initializable<typename P::template state<Token>>; };
template <class P, class Token>
inline constexpr bool drafting_observes =
    requires(typename P::template state<Token>& s, std::span<const Token> context) { s.observe(context); };
template <class P, class Token>
inline constexpr bool drafting_proposes =
    requires(const typename P::template state<Token>& s, std::span<const Token> context, std::span<Token> out) {
      { s.propose(context, out) } -> std::same_as<std::size_t>;
    };
template <class P, class Token>
inline constexpr bool drafting_resets = requires(typename P::template state<Token>& s) { s.reset(); };

}  // namespace detail

template <class P, class Token>
inline constexpr drafting_member drafting_lacks = first_missing<drafting_member>({
    {detail::drafting_has_length<P>, drafting_member::length},
    {detail::drafting_has_state<P, Token>, drafting_member::state},
    {detail::drafting_observes<P, Token>, drafting_member::observe},
    {detail::drafting_proposes<P, Token>, drafting_member::propose},
    {detail::drafting_resets<P, Token>, drafting_member::reset},
});

template <class P, drafting_member Lacks>
struct drafting_check {
  using m = drafting_member;
  template <m Member>
  static constexpr bool has = Lacks != Member;
  static_assert(has<m::length>,
                "mote: this policy does not say how many tokens it drafts; give it `length` [mote-drafting-policy]");
  static_assert(has<m::state>,
                "mote: this policy has no state; give it a class template `state<Token>` [mote-drafting-policy]");
  static_assert(
      has<m::observe>,
      "mote: this policy's state sees no token; give it `observe(std::span<const Token> context)` [mote-drafting-policy]");
  static_assert(
      has<m::propose>,
      "mote: this policy's state has no guess; give it `std::size_t propose(std::span<const Token>, std::span<Token>) const` [mote-drafting-policy]");
  static_assert(has<m::reset>, "mote: this policy's state cannot forget; give it `reset()` [mote-drafting-policy]");
};

/// The check that wrong drafts can be taken back: the cache must allow it, and no block of the family may keep a state.
template <class P, class Store, bool TakesBack>
struct drafts_are_taken_back {
  static_assert(
      TakesBack,
      "mote: drafts that prove wrong are taken back, and this cache, or a state of this family's blocks, takes nothing back; leave the drafting policy out [mote-draft-taken-back]");
};

/// The slot.
struct slots::drafting : slot_facts {
  using fallback = no_draft;
  template <class P, class Chosen, drafting_member Lacks = drafting_lacks<P, typename Chosen::token>>
  using lack = unless<Lacks == drafting_member::none, drafting_check<P, Lacks>>;
  template <class Chosen, class P = typename Chosen::template in<slots::drafting>,
            class Store =
                kept_in<family_of<typename Chosen::model_type>, typename Chosen::template in<slots::cache>::store>>
  using fault =
      unless<P::length == 0 || Store::rollback_tokens(Chosen::tokens) != 0, drafts_are_taken_back<P, Store, false>>;
};

/// The longest draft; its pass runs the newest token and sixteen guesses. Longer drafts are hardly accepted to the end.
inline constexpr std::size_t longest_draft = 16;

}  // namespace mote::inline v0
