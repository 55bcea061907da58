// SPDX-License-Identifier: BSL-1.0
// The characters by which byte-level vocabularies write bytes in a file: a printable one as itself, others from U+0100.
// Refuses a text with another character: it is no byte-level text.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "mote/core/utf8.hpp"

namespace mote::inline v0::host {

/// The bytes that a text of such characters means.
inline std::optional<std::string> bytes_of_symbols(std::string_view text) {
  static const auto bytes = [] {
    std::array<int, 0x144> all;
    all.fill(-1);
    unsigned next = 0x100;
    for (unsigned b = 0; b < 256; ++b) {
      const bool printed = (b > 0x20 && b < 0x7F) || (b > 0xA0 && b != 0xAD);
      all[printed ? b : next++] = static_cast<int>(b);
    }
    return all;
  }();
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const character c = character_at(text, at);
    if (!c.valid || c.code >= bytes.size() || bytes[c.code] < 0) return std::nullopt;
    out += static_cast<char>(static_cast<unsigned char>(bytes[c.code]));
    at += c.bytes;
  }
  return out;
}

}  // namespace mote::inline v0::host
