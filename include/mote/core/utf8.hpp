// SPDX-License-Identifier: BSL-1.0
// Characters of a UTF-8 text, read and written.
// Refuses no byte: one that is not valid UTF-8 is a character of its own, so a text is the sum of its characters.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "mote/config.hpp"

namespace mote::inline v0 {

struct character {
  std::uint32_t code = 0;  ///< the code point; of a byte that is not valid, the byte
  std::uint8_t bytes = 0;  ///< in the text; 0: its end
  bool valid = false;
};

/// The character at `at` <= text.size(). Overlong forms, surrogates and numbers above U+10FFFF are not valid.
constexpr character character_at(std::string_view text, std::size_t at) {
  if (at >= text.size()) return {};
  const auto byte = [&](std::size_t i) { return std::uint32_t{static_cast<unsigned char>(text[at + i])}; };
  const std::uint32_t lead = byte(0);
  if (lead < 0x80) return {lead, 1, true};
  const std::uint8_t bytes = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  const character none{lead, 1, false};
  if (lead < 0xC2 || lead > 0xF4 || text.size() - at < bytes) return none;
  std::uint32_t code = lead & (0x7FU >> bytes);
  for (std::size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xC0U) != 0x80U) return none;
    code = code << 6U | (byte(i) & 0x3FU);
  }
  constexpr std::uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  if (code < least[bytes] || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) return none;
  return {code, bytes, true};
}

/// The character that ends at `at` <= text.size(); of no bytes at 0.
constexpr character character_before(std::string_view text, std::size_t at) {
  for (std::size_t bytes = 2; bytes <= 4 && bytes <= at; ++bytes)
    if (const character c = character_at(text, at - bytes); c.valid && c.bytes == bytes) return c;
  return character_at(text, at - 1);
}

/// Writes a code point below 0x110000 as UTF-8 to out[0 .. 4), and returns how many bytes.
template <class Byte>
  requires(sizeof(Byte) == 1)
constexpr std::size_t put_utf8(std::uint32_t code, Byte* out) {
  const auto tail = [](std::uint32_t bits) { return static_cast<Byte>(0x80U | (bits & 0x3FU)); };
  if (code < 0x80) {
    out[0] = static_cast<Byte>(code);
    return 1;
  }
  if (code < 0x800) {
    out[0] = static_cast<Byte>(0xC0U | code >> 6U);
    out[1] = tail(code);
    return 2;
  }
  if (code < 0x10000) {
    out[0] = static_cast<Byte>(0xE0U | code >> 12U);
    out[1] = tail(code >> 6U);
    out[2] = tail(code);
    return 3;
  }
  out[0] = static_cast<Byte>(0xF0U | code >> 18U);
  out[1] = tail(code >> 12U);
  out[2] = tail(code >> 6U);
  out[3] = tail(code);
  return 4;
}

}  // namespace mote::inline v0
