// SPDX-License-Identifier: BSL-1.0
// The context length: how many tokens a pipeline attends to.
//   context<256>   keys and values for 256 tokens; without the policy, the context that the model was trained for
// Refuses fewer than 16 tokens, and more than the model was trained for.
#pragma once

#include <concepts>
#include <cstddef>

#include "mote/core/check.hpp"
#include "mote/core/slots.hpp"

namespace mote::inline v0 {

template <std::size_t Tokens = 0>  // no default: the assertion below refuses 0
struct context {
  using slot = slots::context;
  static constexpr std::size_t tokens = Tokens;

  static_assert(
      Tokens >= 16,
      "mote: a context of fewer than 16 tokens holds neither a question with its answer nor a text to search by; use context<64> or more [mote-context-small]");
};

/// The default of the context slot.
struct trained_context {
  using slot = slots::context;
  static constexpr std::size_t tokens = 0;  // the model decides
};

namespace detail {
template <class P>
inline constexpr bool context_has_tokens = requires {
  { P::tokens } -> std::convertible_to<std::size_t>;
};
}  // namespace detail

template <class P>
struct context_check {
  static_assert(
      detail::context_has_tokens<P>,
      "mote: this policy does not say how many tokens are seen; give it `tokens`, or 0 for the model's [mote-context-policy]");
};

template <context_tokens Context, trained_for_tokens Trained>
struct context_length {
  static_assert(
      Context.value <= Trained.value,
      "mote: the context is longer than the model was trained for, and its answers would fall apart; take a shorter context<> [mote-context-long]");
};

/// The slot.
struct slots::context : slot_facts {
  using fallback = trained_context;
  template <class P, class>
  using lack = unless<detail::context_has_tokens<P>, context_check<P>>;
  template <class Chosen>
  using fault = unless<(Chosen::tokens <= Chosen::shape.context),
                       context_length<context_tokens{Chosen::tokens}, trained_for_tokens{Chosen::shape.context}>>;
};

}  // namespace mote::inline v0
