// SPDX-License-Identifier: BSL-1.0
#include "mote/core/utf8.hpp"

#include <catch2/catch_test_macros.hpp>

#include <string>
#include <string_view>

namespace {
std::string utf8(std::uint32_t code) {
  char out[4];
  return {out, mote::put_utf8(code, out)};
}
mote::character first_of(std::string_view text) { return mote::character_at(text, 0); }
}  // namespace

TEST_CASE("utf8: every code point is read as it was written", "[core][utf8]") {
  for (std::uint32_t code = 0; code < 0x110000; ++code) {
    const std::string text = utf8(code) + "x";
    const mote::character c = first_of(text);
    if (code >= 0xD800 && code < 0xE000) {
      REQUIRE((!c.valid && c.bytes == 1));  // a surrogate is none
    } else {
      REQUIRE((c.valid && c.code == code && c.bytes == text.size() - 1));
    }
    if (text.size() > 2) REQUIRE_FALSE(first_of(std::string_view(text).substr(0, text.size() - 2)).valid);
  }
  CHECK(utf8(0x20AC) == "\xE2\x82\xAC");
  CHECK(utf8(0x1F600) == "\xF0\x9F\x98\x80");
}

TEST_CASE("utf8: what is none is one byte", "[core][utf8]") {
  using text = std::string_view;
  for (const text bad :
       {text("\x80"), text("\xBF"), text("\xC0\x80"), text("\xC0\xAF"), text("\xC1\xBF"), text("\xE0\x9F\xBF"),
        text("\xF0\x8F\xBF\xBF"), text("\xED\xA0\x80"), text("\xF4\x90\x80\x80"), text("\xF5\x80\x80\x80"),
        text("\xFF"), text("\xC3"), text("\xE2\x82"), text("\xF0\x9F\x98"), text("\xC3x"), text("\xE2\x82x")}) {
    const mote::character c = first_of(bad);
    CHECK((!c.valid && c.bytes == 1 && c.code == static_cast<unsigned char>(bad[0])));
  }
  CHECK(first_of("").bytes == 0);
  CHECK(mote::character_at("a", 1).bytes == 0);
  CHECK(mote::character_before("a\u00C9\u4EAC", 6).code == 0x4EAC);
  CHECK(mote::character_before("a\u00C9\u4EAC", 3).code == 0xC9);
  CHECK(mote::character_before("a\u00C9\u4EAC", 1).code == 'a');
  CHECK(mote::character_before("a", 0).bytes == 0);
  CHECK(!mote::character_before("\xE4\xBA", 2).valid);
}
