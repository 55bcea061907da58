// SPDX-License-Identifier: BSL-1.0
// What happens when the context is full: the answer ends, or its oldest tokens leave and it goes on, in the same
// memory.
//   window<128, 4>   the first 4 tokens and the newest 124 stay, and are what the model sees from then on
// What stays is run again from its first changed position on. So keys and values are those of a text that never was
// longer: positions do not grow, nothing is rotated a second time, and every cache and every family can have it.
// Refuses to keep nothing new, or as many tokens as the context holds.
#pragma once

#include <concepts>
#include <cstddef>

#include "mote/block/delta.hpp"
#include "mote/core/check.hpp"
#include "mote/core/slots.hpp"

namespace mote::inline v0 {

/// Kept: how many tokens stay, with the Sinks first ones, which never leave.
template <std::size_t Kept = 0, std::size_t Sinks = 4>  // Kept has no default: the assertion below refuses 0
struct window {
  using slot = slots::overflow;
  static constexpr std::size_t kept = Kept;
  static constexpr std::size_t sinks = Sinks;

  static_assert(
      Kept > Sinks,
      "mote: a window keeps its first tokens and newer ones; let it keep more than its sinks, as in window<128, 4> [mote-window]");
};

/// The default of the overflow slot: ending::context_full.
struct ends_when_full {
  using slot = slots::overflow;
  static constexpr std::size_t kept = 0;
  static constexpr std::size_t sinks = 0;
};

namespace detail {
template <class P>
inline constexpr bool overflow_has_sizes = requires {
  { P::kept } -> std::convertible_to<std::size_t>;
  { P::sinks } -> std::convertible_to<std::size_t>;
};
}  // namespace detail

template <class P>
struct overflow_check {
  static_assert(
      detail::overflow_has_sizes<P>,
      "mote: this policy does not say what stays when the context is full; give it `kept` and `sinks`, in tokens [mote-overflow-policy]");
};

struct kept_tokens {
  std::size_t value;
};
template <kept_tokens Kept, context_tokens Context>
struct window_length {
  static_assert(
      Kept.value < Context.value,
      "mote: a window keeps fewer tokens than the context has places for, so that a new one can follow; take a longer context<>, or half of it as the window [mote-window-long]");
};

/// The slot.
struct slots::overflow : slot_facts {
  using fallback = ends_when_full;
  template <class P, class>
  using lack = unless<detail::overflow_has_sizes<P>, overflow_check<P>>;
  template <class Chosen, class P = typename Chosen::template in<slots::overflow>,
            std::size_t Left = detail::left_of_context<typename Chosen::template in<slots::learning>>(Chosen::tokens)>
  using fault = unless<(P::kept < Left), window_length<kept_tokens{P::kept}, context_tokens{Left}>>;
};

}  // namespace mote::inline v0
