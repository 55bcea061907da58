// SPDX-License-Identifier: BSL-1.0
// The class of a character in Unicode.
// Refuses no byte: one that is no UTF-8 is a character of its own, of no class (core/utf8.hpp).
#pragma once

#include <array>
#include <cstdint>

#include "mote/config.hpp"
#include "mote/core/utf8.hpp"
#include "mote/model/unicode_classes.hpp"

namespace mote::inline v0 {

/// The general category's first letter, with White_Space and non-spacing marks apart. `other` are controls, formats,
/// and code points that are private or not assigned.
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
