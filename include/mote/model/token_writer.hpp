// SPDX-License-Identifier: BSL-1.0
// Appends control tokens and texts to a buffer of fixed size. Prompts and training examples are made with it.
// Refuses to truncate: a text is appended whole or not at all.
#pragma once

#include <concepts>
#include <cstddef>
#include <span>
#include <string_view>

#include "mote/core/extremes.hpp"
#include "mote/model/special_tokens.hpp"

namespace mote::inline v0 {

/// Turns a text into tokens: writes them to `out` and returns how many, or any number above out.size() (such as
/// `too_big`) if they do not fit. It must never give a control token: otherwise a recalled item could pose as the user.
template <class Encode, class Token>
concept text_encoder = std::integral<Token> && requires(Encode& encode, std::string_view text, std::span<Token> out) {
  { encode(text, out) } -> std::convertible_to<std::size_t>;
};

/// Appends to `target`. control() and text() return false, and append nothing, if the room is too small.
template <std::integral Token>
class token_writer {
 public:
  /// The first `used` tokens of the target are there already.
  constexpr explicit token_writer(std::span<Token> target, std::size_t used = 0) : target_(target), used_(used) {}

  constexpr std::size_t used() const { return used_; }
  constexpr std::size_t room() const { return target_.size() - used_; }

  /// Appends a control token. A negative id (the model has no such token) appends nothing, and succeeds.
  constexpr bool control(int id) {
    if (id < 0) return true;
    if (room() == 0) return false;
    target_[used_++] = static_cast<Token>(id);
    return true;
  }

  /// Appends a text, in at most `most` tokens.
  template <class Encode>
  constexpr bool text(Encode& encode, std::string_view text, std::size_t most) {
    const std::span<Token> out = target_.subspan(used_, detail::least_of(most, room()));
    const std::size_t count = encode(text, out);
    if (count > out.size()) return false;
    used_ += count;
    return true;
  }

  /// Removes the tokens from position `mark` on.
  constexpr void back_to(std::size_t mark) { used_ = mark; }

  /// Moves the tokens [mark, used()) to position `place`, before those that were there.
  constexpr void move_to(std::size_t place, std::size_t mark) {
    reverse(place, mark);
    reverse(mark, used_);
    reverse(place, used_);
  }

  /// Whether a note, user or answer token is among the tokens [from, used()).
  constexpr bool holds(std::size_t from, const special_tokens& d) const {
    for (; from < used_; ++from) {
      const auto is = [t = target_[from]](int id) { return id >= 0 && t == static_cast<Token>(id); };
      if (is(d.note) || is(d.user) || is(d.answer)) return true;
    }
    return false;
  }

 private:
  /// Reverses the tokens [first, end).
  constexpr void reverse(std::size_t first, std::size_t end) {
    for (; first + 1 < end; ++first) {
      const Token t = target_[first];
      target_[first] = target_[--end];
      target_[end] = t;
    }
  }

  std::span<Token> target_;
  std::size_t used_ = 0;
};

}  // namespace mote::inline v0
