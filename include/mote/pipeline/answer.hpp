// SPDX-License-Identifier: BSL-1.0
// The results of a pipeline's step() and ask(): what one pass did, the answer as a range of pieces of text, its ending.
// Refuses to run ahead: a piece is computed when the loop asks for it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "mote/core/status.hpp"

namespace mote::inline v0 {

/// How an answer ended.
enum class ending : std::uint8_t {
  none,          ///< it goes on; or no question was asked yet
  end_of_text,   ///< the model said that the answer is complete
  complete,      ///< by its constraint nothing but the end may follow
  stop_word,     ///< a text that ends it was said; no part of it was passed on
  limit,         ///< it has as many tokens as the caller asked for, and may be cut
  context_full,  ///< no further token fits the context, and the answer is cut
  stopped,       ///< by stop(), attach() or load()
  failed,        ///< the state says why
};

/// The name of an ending, as written above.
constexpr std::string_view name(ending e) {
  switch (e) {
    case ending::none: return "none";
    case ending::end_of_text: return "end_of_text";
    case ending::complete: return "complete";
    case ending::stop_word: return "stop_word";
    case ending::limit: return "limit";
    case ending::context_full: return "context_full";
    case ending::stopped: return "stopped";
    case ending::failed: return "failed";
  }
  return "unknown";
}

/// What one call of step() did.
struct progress_step {
  status state = status::ok;
  bool done = false;                     ///< nothing more will come
  v0::ending ending = v0::ending::none;  ///< once done: how the answer ended
  std::string_view piece{};              ///< text of the new token, in the image or the program; may be empty
};

/// The state of an answer: it starts, then finishes, fails or is stopped. All zero: no image was attached yet.
struct answer_progress {
  status state = status::ok;
  v0::ending ending = v0::ending::none;

  status start() {
    ending = v0::ending::none;
    return state = status::ok;
  }
  status fail(status why) {
    ending = v0::ending::failed;
    return state = why;
  }
  progress_step fail_step(status why) {
    (void)fail(why);
    return last_step();
  }
  void stop() {
    ending = v0::ending::stopped;
    state = status::empty;
  }
  progress_step finish(v0::ending how) {
    ending = how;
    return last_step();
  }
  /// The result of every step after the end.
  progress_step last_step() const {
    if (ending == v0::ending::none) return {.state = status::not_attached, .done = true, .ending = v0::ending::failed};
    return {.state = state, .done = true, .ending = ending};
  }
};

/// An input range of std::string_view; Pipeline has step().
template <class Pipeline>
class basic_answer {
 public:
  class iterator {
   public:
    using value_type = std::string_view;
    using difference_type = std::ptrdiff_t;
    iterator() = default;
    explicit iterator(Pipeline* owner) : owner_(owner) { ++*this; }
    std::string_view operator*() const { return piece_; }
    iterator& operator++() {
      progress_step s;
      do s = owner_->step();
      while (!s.done && s.piece.empty());
      piece_ = s.piece;
      if (s.done) owner_ = nullptr;
      return *this;
    }
    void operator++(int) { ++*this; }
    bool operator==(const iterator& other) const { return owner_ == other.owner_; }

   private:
    Pipeline* owner_ = nullptr;
    std::string_view piece_;
  };
  explicit basic_answer(Pipeline& owner) : owner_(&owner) {}
  iterator begin() { return iterator(owner_); }
  iterator end() { return {}; }
  /// ok, or why there is no answer or no more of it. Like ending(), it is about the pipeline's newest question.
  status state() const { return owner_->state(); }
  /// After the loop: how the answer ended. none: the loop was left early, and the answer can go on.
  v0::ending ending() const { return owner_->ending(); }

 private:
  Pipeline* owner_;
};

}  // namespace mote::inline v0
