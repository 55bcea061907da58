// SPDX-License-Identifier: BSL-1.0
// Characters of a UTF-8 text and their classes in Unicode.
// Refuses no byte: one that is no UTF-8 is a character of its own, of no class, so that what is cut from a text is the
// text.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "mote/config.hpp"
#include "mote/model/unicode_classes.hpp"

namespace mote::inline v0 {

/// The general category's first letter, with White_Space and non-spacing marks apart. `other` are controls, formats, and
/// code points that are private or not assigned.
enum class character_class : std::uint8_t {
  separator,
  white_space,
  letter,
  mark,  ///< Mn
  number,
  punctuation,
  symbol,
  other,
  spacing_mark,  ///< Mc and Me
  no_character,  ///< a byte that is no UTF-8
};

struct character {
  std::uint32_t code = 0;  ///< the code point, or the byte that is none
  std::uint8_t bytes = 0;  ///< 0: the text's end
  bool valid = false;
};

/// The character at `at` <= text.size(). Overlong forms, surrogates and numbers above U+10FFFF are no characters.
constexpr character character_at(std::string_view text, std::size_t at) {
  if (at >= text.size()) return {};
  const auto byte = [&](std::size_t i) { return std::uint32_t{static_cast<unsigned char>(text[at + i])}; };
  const std::uint32_t first = byte(0);
  if (first < 0x80) return {first, 1, true};
  const std::size_t left = text.size() - at;
  const auto more = [&](std::size_t i) { return i < left && (byte(i) & 0xC0U) == 0x80U; };
  if (first >= 0xC2 && first < 0xE0 && more(1)) return {(first & 0x1FU) << 6U | (byte(1) & 0x3FU), 2, true};
  if (first >= 0xE0 && first < 0xF0 && more(1) && more(2)) {
    const std::uint32_t code = (first & 0xFU) << 12U | (byte(1) & 0x3FU) << 6U | (byte(2) & 0x3FU);
    if (code >= 0x800 && (code < 0xD800 || code > 0xDFFF)) return {code, 3, true};
  }
  if (first >= 0xF0 && first < 0xF5 && more(1) && more(2) && more(3)) {
    const std::uint32_t code =
        (first & 7U) << 18U | (byte(1) & 0x3FU) << 12U | (byte(2) & 0x3FU) << 6U | (byte(3) & 0x3FU);
    if (code >= 0x10000 && code < 0x110000) return {code, 4, true};
  }
  return {first, 1, false};
}

/// Writes a code point below 0x110000 as UTF-8 to out[0 .. 4), and returns how many bytes.
constexpr std::size_t put_utf8(std::uint32_t code, char* out) {
  const auto tail = [](std::uint32_t bits) { return static_cast<char>(0x80U | (bits & 0x3FU)); };
  if (code < 0x80) {
    out[0] = static_cast<char>(code);
    return 1;
  }
  if (code < 0x800) {
    out[0] = static_cast<char>(0xC0U | code >> 6U);
    out[1] = tail(code);
    return 2;
  }
  if (code < 0x10000) {
    out[0] = static_cast<char>(0xE0U | code >> 12U);
    out[1] = tail(code >> 6U);
    out[2] = tail(code);
    return 3;
  }
  out[0] = static_cast<char>(0xF0U | code >> 18U);
  out[1] = tail(code >> 12U);
  out[2] = tail(code >> 6U);
  out[3] = tail(code);
  return 4;
}

namespace detail {

constexpr character_class stored_class(std::uint32_t code) {
  if (code >= class_end)
    return code >= late_marks_first && code <= late_marks_last ? character_class::mark : character_class::other;
  const std::uint32_t leaf = class_rows[16U * class_blocks[code >> 8U] + (code >> 4U & 15U)];
  return static_cast<character_class>(class_leaves[2 * leaf + (code >> 3U & 1U)] >> (4 * (code & 7U)) & 15U);
}

inline constexpr auto ascii_classes = [] {
  std::array<character_class, 128> all{};
  for (std::uint32_t c = 0; c < 128; ++c) all[c] = stored_class(c);
  return all;
}();

}  // namespace detail

constexpr character_class class_of(character c) {
  if (!c.valid) return character_class::no_character;
  return c.code < 128 ? detail::ascii_classes[c.code] : detail::stored_class(c.code);
}

}  // namespace mote::inline v0
