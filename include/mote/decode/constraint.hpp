// SPDX-License-Identifier: BSL-1.0
// The constraint slot: which bytes may follow the answer so far, and whether it may end here. A grammar, a list of
// answers, spans of notes and banned words are all such rules over bytes; decode/admission.hpp makes tokens of them.
//   unconstrained                        the default: every token may follow                  0 bytes, no code
//   allowed<"yes", "no">                 one of these answers             decode/gbnf.hpp
//   gbnf<"root ::= [0-9]{1,3}">          a grammar in GBNF                decode/gbnf.hpp
//   json<object<field<"level", integer<0, 100>>>>   a schema              decode/json.hpp
// Refuses rules over tokens: a string must be reachable however the vocabulary cuts it.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>

#include "mote/core/check.hpp"
#include "mote/core/slots.hpp"
#include "mote/model/tokenizer_of.hpp"
#include "mote/model/vocabulary.hpp"

namespace mote::inline v0 {

/// A set of bytes.
struct byte_set {
  std::uint32_t words[8] = {};

  static constexpr byte_set every() {
    byte_set all;
    for (std::uint32_t& w : all.words) w = 0xFFFFFFFFU;
    return all;
  }
  constexpr void add(unsigned first, unsigned last) {
    for (unsigned b = first; b <= last; ++b) words[b / 32] |= 1U << b % 32;
  }
  constexpr void add(const byte_set& other) {
    for (std::size_t i = 0; i < 8; ++i) words[i] |= other.words[i];
  }
  constexpr bool has(unsigned byte) const { return (words[byte / 32] >> byte % 32 & 1U) != 0; }
  /// The first byte that is in both, or 256.
  constexpr unsigned shared_with(const byte_set& other) const {
    for (unsigned i = 0; i < 8; ++i)
      if (const std::uint32_t both = words[i] & other.words[i]; both != 0)
        return i * 32 + static_cast<unsigned>(__builtin_ctz(both));
    return 256;
  }
  constexpr bool operator==(const byte_set&) const = default;
};

/// What the state of a constraint offers. A copy is a state of its own: tokens are tried on copies.
template <class State>
concept byte_constraint =
    std::default_initializable<State> && std::copyable<State> && requires(State s, const State& c, unsigned char byte) {
      { s.enter(byte) } -> std::same_as<bool>;  // false: the byte may not follow, and s means nothing any more
      { c.may_end() } -> std::same_as<bool>;    // whether the answer may end here
      { c == c } -> std::convertible_to<bool>;  // of equal states the same bytes may follow
    };

/// Whether a constraint's state asks for the notes of the prompt: bool begin(notes), at the start of an answer. False:
/// nothing can be said with them.
template <class State>
concept copies_notes = requires(State s, std::span<const std::string_view> notes) {
  { s.begin(notes) } -> std::same_as<bool>;
};

/// Whether its state can go on in notes that lie elsewhere: what a session needs of it, beside `bool sound() const`,
/// whether a state that was read from bytes is one.
template <class State>
concept takes_notes = requires(State s, std::span<const std::string_view> notes) { s.take_notes(notes); };

/// The default of the constraint slot.
struct unconstrained {
  using slot = slots::constraint;
};

/// The members of a constraint, in the order in which they are checked.
enum class constraint_member { none, state, bytes };

namespace detail {

template <class P>
inline constexpr bool constraint_has_state = requires { requires byte_constraint<typename P::state>; };
template <class P>
inline constexpr bool constraint_has_bytes = requires {
  { P::bytes } -> std::convertible_to<byte_set>;
};

}  // namespace detail

template <class P>
inline constexpr constraint_member constraint_lacks = first_missing<constraint_member>({
    {detail::constraint_has_state<P>, constraint_member::state},
    {detail::constraint_has_bytes<P>, constraint_member::bytes},
});

template <class P, constraint_member Lacks>
struct constraint_check {
  using m = constraint_member;
  template <m Member>
  static constexpr bool has = Lacks != Member;
  static_assert(
      has<m::state>,
      "mote: this policy has no state that takes bytes; give it a class `state` with `bool enter(unsigned char)`, `bool may_end() const` and == [mote-constraint-policy]");
  static_assert(
      has<m::bytes>,
      "mote: this policy does not say which bytes its answers hold; give it a `static constexpr byte_set bytes` [mote-constraint-policy]");
};

/// The table of a vocabulary whose tokens can be had in the order of their texts.
template <class Table>
concept ordered_table = requires(const Table& v, std::uint32_t n, std::string_view text) {
  { v.searchable() } -> std::same_as<std::uint32_t>;
  { v.searched(n) } -> std::same_as<std::uint32_t>;
  { v.text(n) } -> std::same_as<std::string_view>;
  { v.find(text) } -> std::same_as<std::uint32_t>;
  { v.has_bytes() } -> std::same_as<bool>;
  { v.is_byte(n) } -> std::same_as<bool>;
};

template <class Tokenizer, bool InOrder>
struct texts_are_in_order {
  static_assert(
      InOrder,
      "mote: a constraint walks over the texts of a vocabulary in their order, and this model's table has none; import the model again (without --no-order), or leave the constraint out [mote-constraint-table]");
};

template <bool Recalls>
struct notes_are_there {
  static_assert(
      Recalls,
      "mote: this constraint copies from notes, and the pipeline recalls none; add a retriever, as in mote::rag<mote::bm25<>> [mote-copied-notes]");
};

namespace detail {

/// Whether a model's table is in order: always, or because its header says so.
template <class Model, class Table = typename tokenizer_of<Model>::table>
inline constexpr bool texts_in_order =
    ordered_table<Table> && (std::is_same_v<Table, vocabulary_view> || requires { requires Model::texts_in_order; });

template <class P>
inline constexpr bool constraint_copies = requires { requires copies_notes<typename P::state>; };

/// Void, or the class whose assertion says what is wrong between a constraint, the tokenizer and the recall.
template <class P, bool InOrder, bool Recalls, class Tokenizer>
using constraint_fault =
    std::conditional_t<!InOrder && !std::is_same_v<P, unconstrained>, texts_are_in_order<Tokenizer, InOrder>,
                       unless<Recalls || !constraint_copies<P>, notes_are_there<Recalls>>>;

}  // namespace detail

/// The slot. A constraint may also have a `fault`, as every policy.
struct slots::constraint : slot_facts {
  using fallback = unconstrained;
  template <class Chosen, class P = typename Chosen::template in<slots::constraint>,
            class Tokenizer = tokenizer_of<typename Chosen::model_type>>
  using fault = detail::constraint_fault<P, detail::texts_in_order<typename Chosen::model_type>,
                                         Chosen::template in<slots::recall>::recalls, Tokenizer>;
  template <class P, class Chosen, constraint_member Lacks = constraint_lacks<P>>
  using lack = unless<Lacks == constraint_member::none, constraint_check<P, Lacks>>;
};

}  // namespace mote::inline v0
