// SPDX-License-Identifier: BSL-1.0
#include "mote/model/unicode.hpp"

#include <catch2/catch_test_macros.hpp>

#include <string>

namespace {
std::string utf8(std::uint32_t code) {
  char out[4];
  return {out, mote::put_utf8(code, out)};
}
mote::character first_of(std::string_view text) { return mote::character_at(text, 0); }
mote::character_class class_of(std::uint32_t code) { return mote::class_of({code, 1, true}); }
}  // namespace

TEST_CASE("unicode: every code point is read as it was written", "[model][unicode]") {
  for (std::uint32_t code = 0; code < 0x110000; ++code) {
    const std::string text = utf8(code) + "x";
    const mote::character c = first_of(text);
    if (code >= 0xD800 && code < 0xE000) {
      REQUIRE((!c.valid && c.bytes == 1));  // a surrogate is none
    } else {
      REQUIRE((c.valid && c.code == code && c.bytes == text.size() - 1));
    }
  }
  CHECK(utf8(0x20AC) == "\xE2\x82\xAC");
  CHECK(utf8(0x1F600) == "\xF0\x9F\x98\x80");
}

TEST_CASE("unicode: what is no UTF-8 is one byte", "[model][unicode]") {
  using text = std::string_view;
  for (const text bad :
       {text("\x80"), text("\xBF"), text("\xC0\xAF"), text("\xC1\xBF"), text("\xE0\x9F\xBF"), text("\xF0\x8F\xBF\xBF"),
        text("\xED\xA0\x80"), text("\xF4\x90\x80\x80"), text("\xF5\x80\x80\x80"), text("\xFF"), text("\xC3"),
        text("\xE2\x82"), text("\xF0\x9F\x98"), text("\xC3x"), text("\xE2\x82x")}) {
    const mote::character c = first_of(bad);
    CHECK((!c.valid && c.bytes == 1 && c.code == static_cast<unsigned char>(bad[0])));
    CHECK(mote::class_of(c) == mote::character_class::no_character);
  }
  CHECK(first_of("").bytes == 0);
  CHECK(mote::character_at("a", 1).bytes == 0);
}

TEST_CASE("unicode: classes of characters of many scripts", "[model][unicode]") {
  using enum mote::character_class;
  for (const std::uint32_t code :
       {0x41U, 0x7AU, 0xAAU, 0xE9U, 0x416U, 0x5D0U, 0x4E2DU, 0xAC00U, 0x1D400U, 0x20000U, 0x2A6DFU})
    CHECK(class_of(code) == letter);
  for (const std::uint32_t code : {0x30U, 0xB2U, 0x663U, 0x2167U, 0x96FU, 0x1D7CEU}) CHECK(class_of(code) == number);
  for (const std::uint32_t code : {0x300U, 0x301U, 0x93CU, 0x5B0U, 0xE0100U}) CHECK(class_of(code) == mark);
  for (const std::uint32_t code : {0x903U, 0x20DDU}) CHECK(class_of(code) == spacing_mark);
  for (const std::uint32_t code : {0x21U, 0x5FU, 0xBFU, 0x3002U, 0x2014U}) CHECK(class_of(code) == punctuation);
  for (const std::uint32_t code : {0x24U, 0x2BU, 0x7EU, 0x20ACU, 0x1F600U}) CHECK(class_of(code) == symbol);
  for (const std::uint32_t code : {0x9U, 0xAU, 0x20U, 0xA0U, 0x2003U, 0x3000U}) CHECK(class_of(code) == white_space);
  for (const std::uint32_t code : {0x0U, 0x7FU, 0x200BU, 0xADU, 0xE000U, 0x378U, 0x10FFFFU})
    CHECK(class_of(code) == other);
}
