// SPDX-License-Identifier: BSL-1.0
// How a pipeline that learns opens a lesson and runs it, whole or in portions.
// Refuses to know what a learner changes: learn/lesson.hpp runs the passes.
#pragma once

#include <cstddef>

#include "mote/core/bytes.hpp"
#include "mote/core/status.hpp"
#include "mote/learn/example.hpp"
#include "mote/learn/lesson.hpp"
#include "mote/pipeline/text_coder.hpp"

namespace mote::inline v0 {

/// For a Pipeline whose learning policy learns; its friend.
template <class Pipeline>
struct teaching {
  static status open(Pipeline& ai, const example& e, bool gradient) {
    if (!ai.attached()) return status::not_attached;
    detail::text_coder<typename Pipeline::words> code{ai.coder(), ai.merging()};
    return code.reason(ai.learning_->open_lesson(e, gradient, code).state);
  }
  static learned portion(Pipeline& ai, std::size_t budget) {
    if (!ai.attached()) return {.state = status::not_attached};
    if (!ai.learning_->lesson_is_open()) return {.state = status::empty};
    return lesson_step(ai, budget);
  }
  static learned whole(Pipeline& ai, const example& e, bool gradient) {
    if (const status s = open(ai, e, gradient); s != status::ok) return {.state = s};
    for (;;)
      if (const learned l = lesson_step(ai, too_big); l.done) return l;
  }

 private:
  static learned lesson_step(Pipeline& ai, std::size_t budget) {
    ai.drafts_.drop();
    return ai.learning_->lesson_step(ai.arena_.data(), Pipeline::passes::over(ai.base()), budget);
  }
};

}  // namespace mote::inline v0
