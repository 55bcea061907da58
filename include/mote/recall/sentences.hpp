// SPDX-License-Identifier: BSL-1.0
// Where the sentences of a text end: behind a line, behind . ! ? and their like in other scripts, with or without the
// quotes and brackets that close behind them. A full stop ends none behind an initial ("J. Smith", "e.g."), behind a
// number that opens the text ("1. Open"), behind a title ("Dr. Lee"), or between a word as "No." and a number.
// Refuses upper and lower case as a sign of it: notes are often in lower case, and German nouns never are.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "mote/core/utf8.hpp"
#include "mote/recall/words.hpp"

namespace mote::inline v0::detail {

constexpr bool is_white(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }

/// Without the white space at its ends.
constexpr std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_white(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_white(text.back())) text.remove_suffix(1);
  return text;
}

constexpr bool is_digit(std::uint32_t c) {  // of those that are written behind a space
  return c - '0' < 10 || c - 0x660 < 10 || c - 0x6F0 < 10 || c - 0x966 < 10;
}
/// Quotes and brackets behind a sentence.
constexpr bool closes(std::uint32_t c) {
  return c == '"' || c == '\'' || c == ')' || c == ']' || c == 0xAB || c == 0xBB || c == 0x2019 || c == 0x201C ||
         c == 0x201D || c == 0x300D || c == 0x300F || c == 0xFF09;
}
/// Ends a sentence without a space behind it.
constexpr bool is_wide_stop(std::uint32_t c) { return c == 0x3002 || c == 0xFF01 || c == 0xFF1F || c == 0xFF61; }

/// Whether a list has a word in upper or lower case. The list is in lower case, with a space around each word.
constexpr bool is_one_of(std::string_view word, std::string_view list) {
  for (std::size_t at = 1; at + word.size() < list.size(); ++at) {
    if (list[at - 1] != ' ' || list[at + word.size()] != ' ') continue;
    std::size_t same = 0;
    while (same < word.size() &&
           words<>::lower(static_cast<unsigned char>(word[same])) == static_cast<unsigned char>(list[at + same]))
      ++same;
    if (same == word.size()) return true;
  }
  return false;
}

/// Whether the full stop at `stop` ends a word only. At `end` is the white space behind it.
constexpr bool is_of_word(std::string_view text, std::size_t stop, std::size_t end) {
  constexpr std::string_view before_all = " dr mr mrs ms prof st hr fr sr sra dra vs cf ca eg ie bzw approx ";
  constexpr std::string_view before_numbers =
      " no nr num pp fig vol art ch ext tel max min jan feb mar apr jun jul aug sep sept oct nov dec ";
  std::size_t first = stop, letters = 0;  // of the word, or of its part behind another full stop
  std::uint32_t code = 0;
  bool is_number = true;
  for (character c; (c = character_before(text, first)).bytes != 0 && words<>::is_letter(c.code); ++letters) {
    first -= c.bytes;
    code = c.code;
    is_number = is_number && is_digit(code);
  }
  if (letters == 0) return false;
  if (is_number) return trimmed({text.data(), first}).empty();
  while (end < text.size() && is_white(text[end])) ++end;
  const std::uint32_t next = character_at(text, end).code;
  const std::string_view word{text.data() + first, stop - first};
  if (is_one_of(word, before_numbers)) return is_digit(next);
  if ((letters != 1 || code >= 0x800) && !is_one_of(word, before_all)) return false;  // above are no initials

  // Behind a number it is a unit, and ends a sentence in front of a capital: "It has 5 W. Ann", "At 9 p.m. Ann".
  for (character c; (c = character_before(text, first)).bytes != 0 && (c.code == '.' || words<>::is_letter(c.code));)
    first -= c.bytes;
  while (first > 0 && is_white(text[first - 1])) --first;
  return !is_digit(character_before(text, first).code) || words<>::lower(next) == next;
}

/// Whether a sentence ends in front of text[end], 0 < end < text.size(). White space there is part of it.
constexpr bool ends_sentence(std::string_view text, std::size_t end) {
  if (text[end] == '\n') return !trimmed({text.data(), end}).empty();
  const std::string_view said(text.data(), end);  // may be cut inside of a character
  std::size_t at = end;
  character c = character_before(said, at);
  while (closes(c.code)) {
    at -= c.bytes;
    c = character_before(said, at);
  }
  if (is_wide_stop(c.code)) {
    const std::uint32_t next = character_at(text, end).code;
    return !closes(next) && !is_wide_stop(next);
  }
  if (!is_white(text[end])) return false;
  if (c.code == '.') return !is_of_word(text, at - 1, end);
  return c.code == '!' || c.code == '?' || c.code == 0x61F || c.code == 0x6D4 || c.code == 0x964;
}

/// Behind the first sentence that ends within `most` bytes, and the white space behind it; 0 if none does.
constexpr std::size_t end_of_sentence(std::string_view text, std::size_t most) {
  for (std::size_t end = 1; end < text.size() && end <= most; ++end) {
    if (!ends_sentence(text, end)) continue;
    while (end < text.size() && end <= most && is_white(text[end])) ++end;
    return end;
  }
  return 0;
}

}  // namespace mote::inline v0::detail
