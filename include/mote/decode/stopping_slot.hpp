// SPDX-License-Identifier: BSL-1.0
// The stopping slot: which texts end an answer, besides the model's end token. The default is no_stop_text: no bytes,
// no code. stop_at<"\n"> is in decode/stop_at.hpp.
// Refuses to show a part of such a text: what may become one is held back until it is known.
#pragma once

#include <concepts>
#include <string_view>
#include <type_traits>

#include "mote/core/check.hpp"
#include "mote/core/slots.hpp"

namespace mote::inline v0 {

/// What of a token may be passed on. The two parts follow each other; an empty `first` has no `second`.
struct passed_text {
  std::string_view first{}, second{};
  bool stops = false;  ///< a stop word is complete; nothing more will be said
};

struct no_stop_text {
  using slot = slots::stopping;
  struct state {};
};

namespace detail {

template <class State>
concept text_filter = std::default_initializable<State> && requires(State s, std::string_view piece) {
  { s.enter(piece) } -> std::same_as<passed_text>;           // the text goes on
  { s.release() } -> std::convertible_to<std::string_view>;  // it has ended: what was held back
};
template <class P>
inline constexpr bool filters_text = requires { requires text_filter<typename P::state>; };

}  // namespace detail

template <class P, bool Filters>
struct stopping_check {
  static_assert(
      Filters,
      "mote: this policy has no state that holds texts back; give it a class `state` with `passed_text enter(std::string_view)` and `std::string_view release()` [mote-stopping-policy]");
};

/// The slot.
struct slots::stopping : slot_facts {
  using fallback = no_stop_text;
  template <class P, class Chosen, bool Filters = detail::filters_text<P>>
  using lack = unless<Filters, stopping_check<P, Filters>>;
};

}  // namespace mote::inline v0
