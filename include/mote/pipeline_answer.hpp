// SPDX-License-Identifier: BSL-1.0
// What a pipeline's step() and ask() give: the state of one pass, and the answer as a range of pieces of text.
// Refuses to run ahead: a piece is computed when the loop asks for it.
#pragma once

#include <cstddef>
#include <string_view>

#include "mote/core/status.hpp"

namespace mote::inline v0 {

/// What one call of step() did.
struct progress_step {
  status state = status::ok;
  bool done = false;       ///< nothing more will come
  std::string_view piece;  ///< the text of the new token; empty while the prompt is read. Lies in the image.
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
  basic_answer(Pipeline& owner, status state) : owner_(&owner), state_(state) {}
  iterator begin() { return state_ == status::ok ? iterator(owner_) : iterator(); }
  iterator end() { return {}; }
  /// ok, or why there is no answer.
  status state() const { return state_; }

 private:
  Pipeline* owner_;
  status state_;
};

}  // namespace mote::inline v0
