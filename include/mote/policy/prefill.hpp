// SPDX-License-Identifier: BSL-1.0
// How many tokens of a prompt one step processes.
//   prefill<16>   sixteen; without the policy, one
// Refuses a step of 0 or of more than 64 tokens.
#pragma once

#include <concepts>
#include <cstddef>

#include "mote/core/check.hpp"
#include "mote/core/slots.hpp"

namespace mote::inline v0 {

/// Processes a prompt in steps of Tokens tokens. A step reads the weights once for all of them, the buffers grow with
/// Tokens, and the answer is bit for bit the same. For boards limited by memory bandwidth; leave it out if steps must
/// be short.
template <std::size_t Tokens = 0>  // no default: the assertion below refuses 0
struct prefill {
  using slot = slots::prefill;
  static constexpr std::size_t tokens = Tokens;

  static_assert(
      Tokens >= 1 && Tokens <= 64,
      "mote: a step cannot read this many tokens; use prefill<4> to prefill<64>, or leave it out for one by one [mote-prefill]");
};

/// The default of the prefill slot.
struct one_by_one {
  using slot = slots::prefill;
  static constexpr std::size_t tokens = 1;
};

namespace detail {
template <class P>
inline constexpr bool prefill_has_tokens = requires {
  { P::tokens } -> std::convertible_to<std::size_t>;
};
}  // namespace detail

template <class P>
struct prefill_check {
  static_assert(
      detail::prefill_has_tokens<P>,
      "mote: this policy does not say how many tokens of a prompt a step reads; give it `tokens` [mote-prefill-policy]");
};

/// The slot.
struct slots::prefill : slot_facts {
  using fallback = one_by_one;
  template <class P, class>
  using lack = unless<detail::prefill_has_tokens<P>, prefill_check<P>>;
};

}  // namespace mote::inline v0
