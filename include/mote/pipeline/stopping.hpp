// SPDX-License-Identifier: BSL-1.0
// The steps of an answer, passed through the policy of the stopping slot: text that may become a stop word comes later
// or never, in pieces of its own. A part of basic_pipeline.
// Refuses to copy text: a piece is the model's, or a part of a stop word, where it lies.
#pragma once

#include <string_view>
#include <type_traits>

#include "mote/config.hpp"
#include "mote/decode/stopping_slot.hpp"
#include "mote/pipeline/answer.hpp"

namespace mote::inline v0 {

template <class Policy>
class stopping {
 public:
  using state = typename Policy::state;
  void begin() { *this = {}; }
  state& filter() { return filter_; }
  /// Whether text is to be passed on before the next pass runs.
  bool has_rest() const { return !rest_.empty(); }

  template <class Step>
  progress_step step(answer_progress& progress, Step&& next) {
    if (has_rest()) {
      const std::string_view piece = rest_;
      rest_ = {};
      return {.piece = piece};
    }
    const progress_step s = next();
    if (s.done) {
      const std::string_view held = filter_.release();
      return held.empty() ? s : progress_step{.piece = held};
    }
    if (s.piece.empty()) return s;
    const passed_text passed = filter_.enter(s.piece);
    rest_ = passed.second;
    if (passed.stops && progress.ending == ending::none) {
      const progress_step last = progress.finish(ending::stop_word);
      if (passed.first.empty()) return last;
    }
    return {.piece = passed.first};
  }

 private:
  state filter_{};
  std::string_view rest_{};
};

/// Without stop words a step is passed on as it is.
template <>
class stopping<no_stop_text> {
 public:
  static void begin() {}
  static constexpr bool has_rest() { return false; }
  template <class Step>
  MOTE_INLINE static progress_step step(answer_progress&, Step&& next) {
    return next();
  }
};

}  // namespace mote::inline v0
