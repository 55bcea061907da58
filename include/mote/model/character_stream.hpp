// SPDX-License-Identifier: BSL-1.0
// Passes the pieces of an answer on as whole characters: for a terminal, a display, or whatever takes valid UTF-8 only.
// Refuses to pass on half a character, a byte that is not valid UTF-8 (U+FFFD replaces it), and, unless asked, control
// characters: with them an answer could control the terminal.
//
//   character_stream out;
//   for (std::string_view piece : ai.ask(question)) out.put(piece, [](std::string_view s) { uart_write(s); });
//   out.end([](std::string_view s) { uart_write(s); });
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "mote/config.hpp"
#include "mote/core/utf8.hpp"

namespace mote::inline v0 {

/// Control characters are U+0000 to U+001F without tab and newline, and U+007F to U+009F.
enum class control_characters : bool { dropped, passed };

class character_stream {
 public:
  explicit constexpr character_stream(control_characters controls = control_characters::dropped)
      : passes_controls_(controls == control_characters::passed) {}

  /// Calls pass(std::string_view), zero or more times, with characters that are complete. A view is valid in its call.
  template <class Pass>
  constexpr void put(std::string_view piece, Pass pass) {
    std::size_t at = 0;
    while (held_ > 0 && at < piece.size()) {
      bytes_[held_] = piece[at];
      const std::string_view all(bytes_, held_ + std::size_t{1});
      if (const character c = character_at(all, 0); c.valid) {
        held_ = 0;
        ++at;
        if (is_shown(c)) pass(all);
      } else if (may_become_one(all)) {
        ++held_;
        ++at;
      } else {
        held_ = 0;
        pass(replacement);
      }
    }
    std::size_t begin = at;  // the first byte that is not yet passed on
    const auto pass_until = [&](std::size_t end) {
      if (end > begin) pass(std::string_view(piece.data() + begin, end - begin));
    };
    while (at < piece.size()) {
      const character c = character_at(piece, at);
      if (c.valid && is_shown(c)) {
        at += c.bytes;
        continue;
      }
      pass_until(at);
      const std::string_view rest(piece.data() + at, piece.size() - at);
      if (!c.valid && may_become_one(rest)) {
        for (; at < piece.size(); ++at) bytes_[held_++] = piece[at];
        return;
      }
      if (!c.valid) {
        pass(replacement);
        std::size_t n = 1;
        while (is_begun(rest, n + 1)) ++n;
        at += n;
      } else {
        at += c.bytes;
      }
      begin = at;
    }
    pass_until(at);
  }

  /// The answer has ended: a character of which bytes are missing is passed on as U+FFFD.
  template <class Pass>
  constexpr void end(Pass pass) {
    if (held_ > 0) pass(replacement);
    held_ = 0;
  }

 private:
  static constexpr std::string_view replacement = "\xEF\xBF\xBD";

  constexpr bool is_shown(character c) const {
    return passes_controls_ || c.code == '\t' || c.code == '\n' || (c.code >= 0x20 && (c.code < 0x7F || c.code > 0x9F));
  }
  /// Whether the first `n` bytes are the beginning of a character, but not all of it.
  static constexpr bool is_begun(std::string_view text, std::size_t n) {
    return n <= text.size() && may_become_one({text.data(), n});
  }
  static constexpr bool may_become_one(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    if (text.empty() || text.size() > 3) return false;
    const unsigned char first = byte(0);
    const std::size_t needed = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (first < 0xC2 || first > 0xF4 || text.size() >= needed) return false;
    for (std::size_t i = 1; i < text.size(); ++i)
      if ((byte(i) & 0xC0U) != 0x80U) return false;
    if (text.size() == 1) return true;
    const unsigned char second = byte(1);
    if (first == 0xE0) return second >= 0xA0;
    if (first == 0xED) return second < 0xA0;
    if (first == 0xF0) return second >= 0x90;
    return first != 0xF4 || second < 0x90;
  }

  char bytes_[4] = {};
  std::uint8_t held_ = 0;
  bool passes_controls_ = false;
};

}  // namespace mote::inline v0
