// SPDX-License-Identifier: BSL-1.0
// Texts that end an answer, however the vocabulary cuts them: stop_at<"\n", "User:">.
// No part of the one that ends it is passed on; ending() is then `stop_word`. A text that only begins like one is
// passed on as soon as it is known to be another, at the latest with the end of the answer.
// Cost: two bytes and two pieces of text; each byte that is said is looked at once, in a table in flash.
// Refuses a buffer: what is held back is the beginning of a stop word, and lies in flash.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "mote/core/check.hpp"
#include "mote/core/slots.hpp"
#include "mote/core/text_literal.hpp"
#include "mote/decode/stopping_slot.hpp"
#include "mote/decode/word_automaton.hpp"

namespace mote::inline v0 {

template <bool Words>
struct stop_at_check {
  static_assert(
      Words,
      "mote: stop_at<> needs texts that end an answer, none of them empty, as in stop_at<\"\\n\"> [mote-stop-at]");
};

template <text_literal... Words>
struct stop_at {
  using slot = slots::stopping;
  using words = word_automaton<Words...>;
  template <class Chosen>
  using fault = unless<words::sound, stop_at_check<words::sound>>;

  class state {
   public:
    passed_text enter(std::string_view piece) {
      const std::string_view held = words::text(at_);
      for (std::size_t i = 0; i < piece.size(); ++i) {
        at_ = next_node(words::nodes.data(), at_, static_cast<unsigned char>(piece[i]));
        if (words::nodes[at_].ends == 0) continue;
        const std::size_t said = held.size() + i + 1 - words::nodes[at_].ends;
        at_ = 0;
        return split(held, piece, said, true);
      }
      return split(held, piece, held.size() + piece.size() - words::nodes[at_].depth, false);
    }
    /// Whether a state that was read from bytes is one.
    bool sound() const { return at_ < words::nodes.size(); }
    std::string_view release() {
      const std::string_view held = words::text(at_);
      at_ = 0;
      return held;
    }

   private:
    /// The first `said` bytes of `held` and `piece`.
    static passed_text split(std::string_view held, std::string_view piece, std::size_t said, bool stops) {
      if (said <= held.size()) return {.first = {held.data(), said}, .second = {}, .stops = stops};
      const std::string_view fresh{piece.data(), said - held.size()};
      if (held.empty()) return {.first = fresh, .second = {}, .stops = stops};
      return {.first = held, .second = fresh, .stops = stops};
    }

    std::uint16_t at_ = 0;  // what is held back: the beginning of a word
  };
};

}  // namespace mote::inline v0
