// SPDX-License-Identifier: BSL-1.0
// The decoding slot: the members that a pipeline needs of a policy that picks the next token.
// Refuses a policy without seed(): a program must be able to repeat an answer that was drawn by chance.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "mote/core/check.hpp"
#include "mote/core/slots.hpp"
#include "mote/decode/greedy.hpp"
#include "mote/decode/picking.hpp"

namespace mote::inline v0 {

/// The members of a decoding policy, in the order in which they are checked: a state for a vocabulary, then its own.
enum class decoding_member { none, state, seed, pick };

namespace detail {

template <class P, std::size_t Vocab>
inline constexpr bool decoding_has_state =
    requires { requires std::default_initializable<typename P::template state<Vocab>>; };
template <class P, std::size_t Vocab>
inline constexpr bool decoding_has_seed =
    requires(typename P::template state<Vocab>& s, std::uint64_t seed) { s.seed(seed); };
template <class P, std::size_t Vocab>
inline constexpr bool decoding_picks = requires { requires looks_back<typename P::template state<Vocab>>; } ||
                                       requires(typename P::template state<Vocab>& s, float* logits) {
                                         { s.pick(logits) } -> std::same_as<std::size_t>;
                                       };

}  // namespace detail

template <class P, std::size_t Vocab>
inline constexpr decoding_member decoding_lacks = first_missing<decoding_member>({
    {detail::decoding_has_state<P, Vocab>, decoding_member::state},
    {detail::decoding_has_seed<P, Vocab>, decoding_member::seed},
    {detail::decoding_picks<P, Vocab>, decoding_member::pick},
});

template <class P, decoding_member Lacks>
struct decoding_check {
  using m = decoding_member;
  template <m Member>
  static constexpr bool has = Lacks != Member;
  static_assert(has<m::state>,
                "mote: this policy has no state; give it a class template `state<Vocab>` [mote-decoding-policy]");
  static_assert(
      has<m::seed>,
      "mote: this policy's state takes no seed; give it `seed(std::uint64_t)`, empty or not [mote-decoding-policy]");
  static_assert(
      has<m::pick>,
      "mote: this policy's state picks no token; give it `std::size_t pick(float* logits)` [mote-decoding-policy]");
};

/// The slot.
struct slots::decoding : slot_facts {
  using fallback = greedy;
  template <class P, class Chosen, decoding_member Lacks = decoding_lacks<P, Chosen::shape.vocab>>
  using lack = unless<Lacks == decoding_member::none, decoding_check<P, Lacks>>;
};

}  // namespace mote::inline v0
