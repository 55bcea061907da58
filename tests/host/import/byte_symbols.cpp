// SPDX-License-Identifier: BSL-1.0
#include "mote/host/import/byte_symbols.hpp"

#include <catch2/catch_test_macros.hpp>

#include <string>

using mote::host::bytes_of_symbols;

TEST_CASE("byte_symbols: the characters of GPT-2's vocabulary", "[host][byte_symbols]") {
  CHECK(bytes_of_symbols("") == "");
  CHECK(bytes_of_symbols("Hello!") == "Hello!");
  CHECK(bytes_of_symbols("\u0120the") == " the");  // U+0120 is byte 0x20: 32 bytes before it are not printable
  CHECK(bytes_of_symbols("\u010A") == "\n");
  CHECK(bytes_of_symbols("\u0100") == std::string(1, '\0'));
  CHECK(bytes_of_symbols("\u00E9") == "\xE9");            // printable in Latin-1: itself
  CHECK(bytes_of_symbols("\u00C3\u00A9") == "\xC3\xA9");  // the two bytes of an e with an accent
  CHECK(bytes_of_symbols("\u0143") == "\xAD");            // the last: the soft hyphen
}

TEST_CASE("byte_symbols: every byte has one character, and other characters mean none", "[host][byte_symbols]") {
  std::array<int, 256> seen{};
  for (std::uint32_t code = 0; code < 0x200; ++code) {
    char text[4];
    const std::size_t n = mote::put_utf8(code, text);
    if (const auto bytes = bytes_of_symbols({text, n})) {
      REQUIRE(bytes->size() == 1);
      ++seen[static_cast<unsigned char>(bytes->front())];
    }
  }
  for (const int times : seen) CHECK(times == 1);
  for (const char* none : {" ", "\n", "\u0144", "\u4E2D", "a\x80", "\xC3", "\u00AD", "\u00A0"})
    CHECK(!bytes_of_symbols(none));
}
