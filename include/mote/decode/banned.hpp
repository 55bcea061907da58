// SPDX-License-Identifier: BSL-1.0
// Texts that are never said, however the vocabulary cuts them: a constraint, alone or with another one.
//   banned<"http", "www.">                    everything else may be said
//   without<gbnf<"...">, "http">              a grammar's strings that do not have it
// Cost: two bytes, a bit a token as each constraint, and a walk over the vocabulary where the last bytes may begin one.
// Refuses a dead end: where the grammar leaves no way but through a banned text, the grammar is kept and the text said.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>

#include "mote/core/check.hpp"
#include "mote/core/slots.hpp"
#include "mote/core/text_literal.hpp"
#include "mote/decode/constraint.hpp"
#include "mote/decode/picking.hpp"
#include "mote/decode/word_automaton.hpp"

namespace mote::inline v0 {

namespace detail {

/// Every text, of which no byte must be a token: any answer may end anywhere.
struct any_text {
  static constexpr byte_set bytes{};
  struct state {
    static bool enter(unsigned char) { return true; }
    static bool may_end() { return true; }
    static bool sound() { return true; }
    bool operator==(const state&) const = default;
  };
};

template <bool Constrains, bool Words>
struct banned_check {
  static_assert(
      Constrains,
      "mote: without<> takes texts out of another constraint; name it first, as in without<gbnf<\"...\">, \"http\">, or write banned<\"http\"> [mote-without]");
  static_assert(
      Words,
      "mote: banned<> and without<> need texts to ban, none of them empty, as in banned<\"http\"> [mote-banned]");
};

template <class Constraint, text_literal... Texts>
struct without_texts {
  using words = word_automaton<Texts...>;
  static constexpr byte_set bytes = Constraint::bytes;
  class state {
   public:
    bool begin(std::span<const std::string_view> notes)
      requires copies_notes<typename Constraint::state>
    {
      *this = {};
      return within_.begin(notes);
    }
    void take_notes(std::span<const std::string_view> notes)
      requires takes_notes<typename Constraint::state>
    {
      within_.take_notes(notes);
    }
    bool enter(unsigned char byte) {
      at_ = next_node(words::nodes.data(), at_, byte);
      if (words::nodes[at_].ends != 0) {
        if (gives_way_ == 0) return false;
        gives_way_ = 0;
      }
      return within_.enter(byte);
    }
    bool may_end() const { return within_.may_end(); }
    /// Whether one banned text is taken: the other constraint has no other token (admission::find()).
    void give_way(bool so) { gives_way_ = so ? 1 : 0; }
    bool sound() const
      requires requires(const typename Constraint::state& within) { within.sound(); }
    {
      return within_.sound() && at_ < words::nodes.size();
    }
    bool operator==(const state&) const = default;

   private:
    [[no_unique_address]] typename Constraint::state within_{};
    std::uint16_t at_ = 0;
    std::uint16_t gives_way_ = 0;  // no bool: any bytes of a file have a meaning
  };
};

template <class P>
inline constexpr bool is_constraint = fills<P, slots::constraint> && constraint_lacks<P> == constraint_member::none;

}  // namespace detail

/// Texts that are not said.
template <text_literal... Texts>
struct banned : detail::without_texts<detail::any_text, Texts...> {
  using slot = slots::constraint;
  template <class Chosen>
  using fault = unless<word_automaton<Texts...>::sound, detail::banned_check<true, word_automaton<Texts...>::sound>>;
};

/// The strings of another constraint that have none of these texts.
template <class Constraint, text_literal... Texts>
struct without
    : detail::without_texts<std::conditional_t<detail::is_constraint<Constraint>, Constraint, detail::any_text>,
                            Texts...> {
  using slot = slots::constraint;
  static constexpr bool is_sound = detail::is_constraint<Constraint> && word_automaton<Texts...>::sound;
  template <class Chosen>
  using fault = std::conditional_t<
      is_sound, typename detail::fault_within<Constraint, Chosen>::type,
      unless<is_sound, detail::banned_check<detail::is_constraint<Constraint>, word_automaton<Texts...>::sound>>>;
};

}  // namespace mote::inline v0
