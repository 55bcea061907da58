// SPDX-License-Identifier: BSL-1.0
// Cuts UTF-8 text into words and gives a 32-bit hash of each. Upper and lower case are equal for Latin, Greek and
// Cyrillic, an ideograph is a word, an English 's is dropped. One pass, no table, no buffer.
// Refuses grammar: no stemming, no stop words. BM25 gives a word that most items have little weight anyway.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "mote/config.hpp"

namespace mote::inline v0 {

namespace detail {

struct character {
  std::uint32_t code;  // a Unicode scalar; an invalid byte gives 0x110000 + byte, above all scalars
  std::size_t bytes;
};

// The first character of `text`, which is not empty. Overlong forms and surrogates are invalid.
constexpr character first_character(std::string_view text) {
  const auto at = [&](std::size_t i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(text[i])); };
  const std::uint32_t lead = at(0);
  if (lead < 0x80) return {lead, 1};
  const std::size_t bytes = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  const character broken{0x110000U + lead, 1};
  if (lead < 0xC2 || lead > 0xF4 || text.size() < bytes) return broken;
  std::uint32_t code = lead & (0x7FU >> bytes);
  for (std::size_t i = 1; i < bytes; ++i) {
    if ((at(i) & 0xC0U) != 0x80U) return broken;
    code = code << 6U | (at(i) & 0x3FU);
  }
  constexpr std::uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  if (code < least[bytes] || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) return broken;
  return {code, bytes};
}

constexpr bool in(std::uint32_t code, std::uint32_t first, std::uint32_t last) { return first <= code && code <= last; }

// Lower case where it is arithmetic: ASCII, Latin-1, Latin Extended-A, Greek, Cyrillic.
constexpr std::uint32_t lower(std::uint32_t c) {
  if (in(c, 'A', 'Z')) return c + 32;
  if (c < 0xC0 || c > 0x4BF) return c;
  if (c <= 0xDE) return c == 0xD7 ? c : c + 32;
  if (c == 0x130) return 'i';   // dotted capital I
  if (c == 0x178) return 0xFF;  // Y with diaeresis: its lower case is in Latin-1
  if (in(c, 0x100, 0x137) || in(c, 0x14A, 0x177)) return c | 1U;
  if (in(c, 0x139, 0x148) || in(c, 0x179, 0x17E)) return c + (c & 1U);
  if (c == 0x386) return 0x3AC;
  if (in(c, 0x388, 0x38A)) return c + 37;
  if (c == 0x38C) return 0x3CC;
  if (in(c, 0x38E, 0x38F)) return c + 63;
  if (in(c, 0x391, 0x3AB)) return c + 32;
  if (c == 0x3C2) return 0x3C3;  // the sigma that ends a word
  if (in(c, 0x410, 0x42F)) return c + 32;
  if (in(c, 0x400, 0x40F)) return c + 80;
  if (in(c, 0x48A, 0x4BF)) return c | 1U;
  return c;
}

constexpr bool is_letter(std::uint32_t c) {
  if (c < 0x80) return in(c, 'a', 'z') || in(c, 'A', 'Z') || in(c, '0', '9');
  if (c < 0xC0) return c == 0xAA || c == 0xB5 || c == 0xBA;
  return !(c == 0xD7 || c == 0xF7 || in(c, 0x2000, 0x206F) || in(c, 0x2E00, 0x2E7F) || in(c, 0x3000, 0x303F) ||
           in(c, 0xFF00, 0xFF0F) || in(c, 0xFF1A, 0xFF20) || in(c, 0xFF3B, 0xFF40) || in(c, 0xFF5B, 0xFF65) ||
           c == 0xFEFF);
}

// Scripts that put no spaces between words: each character is a word of its own.
constexpr bool is_ideograph(std::uint32_t c) {
  return in(c, 0x3040, 0x30FF) || in(c, 0x3400, 0x9FFF) || in(c, 0xF900, 0xFAFF) || in(c, 0x20000, 0x3FFFF);
}

}  // namespace detail

/// Reads the words of a text one after the other.
class word_reader {
 public:
  constexpr word_reader() = default;
  constexpr explicit word_reader(std::string_view text) : rest_(text) {}

  /// The next word's hash (FNV-1a over its characters, lower case); false at the end of the text.
  constexpr bool next(std::uint32_t& hash) {
    bool after_apostrophe = false;
    while (!rest_.empty()) {
      const detail::character first = detail::first_character(rest_);
      if (!detail::is_letter(first.code)) {
        after_apostrophe = in_word_ && (first.code == '\'' || first.code == 0x2019);
        in_word_ = false;
        rest_.remove_prefix(first.bytes);
        continue;
      }
      std::size_t letters = 0;
      std::uint32_t h = 0x811C9DC5U;
      while (!rest_.empty()) {
        const detail::character c = detail::first_character(rest_);
        const bool ideograph = detail::is_ideograph(c.code);
        if (!detail::is_letter(c.code) || (ideograph && letters > 0)) break;
        h = (h ^ detail::lower(c.code)) * 0x01000193U;
        rest_.remove_prefix(c.bytes);
        ++letters;
        if (ideograph) break;
      }
      in_word_ = true;
      const bool possessive = after_apostrophe && letters == 1 && detail::lower(first.code) == 's';
      after_apostrophe = false;
      if (possessive) continue;
      hash = h;
      return true;
    }
    return false;
  }

 private:
  std::string_view rest_;
  bool in_word_ = false;  // the character before rest_ was part of a word
};

}  // namespace mote::inline v0
