// SPDX-License-Identifier: BSL-1.0
// An analysis: the words of a text, and stages through which each goes in turn. A stage changes a word or drops it.
//   analysis<words<latin>, stop_words<mine>, porter2>       what `english` is, with one script and a list of your own
//   analysis<words<>, fold_accents, yours>                  a stage: static constexpr bool apply(word&)
// If the stages drop every word of a text, as of "Is it on?", all of them stay.
// Refuses a word of more than 32 letters to its stages: it is a term as it is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "mote/config.hpp"
#include "mote/recall/words.hpp"

namespace mote::inline v0 {

/// A stage's apply(word&) is false if the word is dropped. `template <class Before> static constexpr bool apply(word&)`
/// is given the analysis that ends before this stage.
template <class Words, class... Stages>
class analysis {
 public:
  /// The word that is in work during a call.
  static constexpr std::size_t stack_bytes = sizeof(word);

  constexpr analysis() = default;
  constexpr explicit analysis(std::string_view text) : words_(text), text_(text) {}

  /// The next word as the last stage leaves it; false at the end of the text.
  constexpr bool next(word& out) {
    for (;;) {
      while (words_.next(out)) {
        if (out.whole && !run<analysis<Words>, Stages...>(out)) continue;
        found_ = true;
        return true;
      }
      if (found_ || keeps_all_) return false;
      keeps_all_ = true;
      words_ = Words(text_);
    }
  }
  constexpr bool next(std::uint32_t& hash) {
    word w;
    if (!next(w)) return false;
    hash = w.hash();
    return true;
  }
  constexpr bool is_name() const { return words_.is_name(); }  ///< as words<> says

 private:
  template <class Before>
  constexpr bool run(word&) const {
    return true;
  }
  template <class Before, class Stage, class... Later>
  constexpr bool run(word& w) const {
    bool kept;
    if constexpr (requires { Stage::template apply<Before>(w); }) kept = Stage::template apply<Before>(w);
    else kept = Stage::apply(w);
    return (kept || keeps_all_) && run<typename Before::template then<Stage>, Later...>(w);
  }
  template <class, class...>
  friend class analysis;
  template <class Stage>
  using then = analysis<Words, Stages..., Stage>;

  Words words_;
  std::string_view text_;
  bool found_ = false;      // a word was given
  bool keeps_all_ = false;  // the stages would drop every word
};

}  // namespace mote::inline v0
