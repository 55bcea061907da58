// SPDX-License-Identifier: BSL-1.0
// How the next token is picked by a decoding policy, whether or not it looks at the answer so far; and what policies
// that hold another one (repetition_penalty<>, banned_tokens<>) share.
// Refuses to show a policy more than the answer's own tokens.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

#include "mote/config.hpp"
#include "mote/core/slots.hpp"
#include "mote/decode/greedy.hpp"
#include "mote/kernel/finite.hpp"

namespace mote::inline v0::detail {

/// Whether pick() takes the answer's tokens so far as well.
template <class State>
inline constexpr bool looks_back =
    requires(State& s, float* logits, std::span<const std::uint16_t> narrow, std::span<const std::uint32_t> wide) {
      { s.pick(logits, narrow) } -> std::same_as<std::size_t>;
      { s.pick(logits, wide) } -> std::same_as<std::size_t>;
    };

template <class State, class Token>
MOTE_INLINE std::size_t pick_next(State& s, float* logits, [[maybe_unused]] std::span<const Token> answer) {
  if constexpr (looks_back<State>) return s.pick(logits, answer);
  else return s.pick(logits);
}

/// Which tokens may follow, for a policy that asks: all.
struct all_admitted {
  static bool may(std::uint32_t) { return true; }
  static void all() {}
};
template <class State>
inline constexpr bool asks_looking_back =
    requires(State& s, float* logits, std::span<const std::uint32_t> answer, all_admitted all) {
      { s.pick_among(logits, answer, all) } -> std::same_as<std::size_t>;
    };
/// Whether a policy can ask which of the likely tokens may follow: pick_among() of its own, or greedy.
template <class State, std::size_t Vocab>
inline constexpr bool asks_for_tokens = std::is_same_v<State, greedy::state<Vocab>> || asks_looking_back<State> ||
                                        requires(State& s, float* logits, all_admitted all) {
                                          { s.pick_among(logits, all) } -> std::same_as<std::size_t>;
                                        };
inline constexpr float unlikeliest = -0x1p50F;  // as admission::mask()
/// As pick_next(), of tokens that may follow. Vocab: too many would have to be asked; logits of some that may not are
/// masked then. Once the others are masked too, pick_masked() picks.
template <std::size_t Vocab, class State, class Token, class Admitted>
std::size_t pick_by_asking(State& s, float* logits, [[maybe_unused]] std::span<const Token> answer,
                           Admitted& admitted) {
  if constexpr (std::is_same_v<State, greedy::state<Vocab>>) {
    for (int tried = 0; tried < 16; ++tried) {
      const std::size_t id = State::pick(logits);
      if (admitted.may(static_cast<std::uint32_t>(id))) return id;
      logits[id] = unlikeliest;
    }
    return Vocab;
  } else if constexpr (asks_looking_back<State>) {
    return s.pick_among(logits, answer, admitted);
  } else {
    return s.pick_among(logits, admitted);
  }
}
template <std::size_t Vocab, class State>
std::size_t pick_masked(State& s, float* logits) {
  if constexpr (std::is_same_v<State, greedy::state<Vocab>>) return State::pick(logits);
  else return s.pick_unsorted(logits);
}

/// Whether a policy chooses while the head is computed (decode/fused_greedy.hpp): there are no logits then.
template <class State>
inline constexpr bool picks_in_head = requires(const State& s) { s.choice_in_head().finite; };

/// Whether logits are finite: asked before pick().
template <std::size_t Vocab, class State>
MOTE_INLINE bool may_pick(const State& s, const float* logits) {
  if constexpr (picks_in_head<State>) return s.choice_in_head().finite;
  else if constexpr (requires { s.chosen.finite; }) return s.chosen.finite;
  else return are_finite(logits, Vocab);
}

template <bool Keeps>
struct keeps_logits {
  static const float* of(const float* logits) { return logits; }
  static_assert(
      Keeps,
      "mote: this pipeline chooses while its head is computed and keeps no logits; take mote::greedy instead of fused_greedy<> [mote-no-logits]");
};

/// Calls f(rows...) with what a pass is told of the head's rows: nothing, those that are admitted, or who chooses.
template <class State, class Table, class Controls, class F>
MOTE_INLINE decltype(auto) with_head_rows(State& s, const Table& v, const Controls& control, F&& f) {
  if constexpr (picks_in_head<State>) {
    if constexpr (requires { s.admitted; }) return f(s.head_chooser(v, control));
    else return f(s.head_chooser());
  } else if constexpr (requires { s.admitted.rows(); }) {
    return f(s.admitted.rows());
  } else {
    return f();
  }
}

template <template <class> class>
struct names_fault;
template <class P, class Chosen>
struct fault_within {
  using type = void;
};
template <class P, class Chosen>
  requires requires { sizeof(names_fault<P::template fault>*); }
struct fault_within<P, Chosen> {
  using type = typename P::template fault<Chosen>;
};

/// The base of a policy that changes logits before Decoding picks.
template <class Decoding>
struct picks_with {
  static constexpr bool of_a_policy = fills<Decoding, slots::decoding>;
  using inner = std::conditional_t<of_a_policy, Decoding, greedy>;
  template <class Chosen>
  using fault = typename fault_within<inner, Chosen>::type;
};

}  // namespace mote::inline v0::detail
