// SPDX-License-Identifier: BSL-1.0
#include "mote/model/unicode.hpp"

#include <catch2/catch_test_macros.hpp>

#include <string>
#include <string_view>

#include "mote/core/rng.hpp"
#include "mote/model/normalizer.hpp"
#include "mote/model/unicode_fold.hpp"

namespace {

using mote::character_class;

character_class of(std::uint32_t code) { return mote::class_of({code, 1, true}); }

std::string composed(std::string_view text) {
  std::string out(mote::nfc::put(text, {}), '\0');
  REQUIRE(mote::nfc::put(text, {out.data(), out.size()}) == out.size());
  return out;
}
std::string folded(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const mote::character c = mote::character_at(text, at);
    at += c.bytes;
    mote::without_accents(c.code, [&](std::uint32_t code) {
      char utf8[4];
      out.append(utf8, mote::put_utf8(code, utf8));
    });
  }
  return out;
}

}  // namespace

TEST_CASE("unicode: classes of characters", "[model][unicode]") {
  for (const std::uint32_t c : {0x41U, 0xE9U, 0x3B1U, 0x4E00U, 0x9FFFU, 0xAC00U, 0x1D400U, 0x30000U})
    CHECK(of(c) == character_class::letter);
  for (const std::uint32_t c : {0x9U, 0xDU, 0x20U, 0x85U, 0xA0U, 0x3000U}) CHECK(of(c) == character_class::white_space);
  for (const std::uint32_t c : {0x30U, 0xB2U, 0x661U, 0x2167U}) CHECK(of(c) == character_class::number);
  for (const std::uint32_t c : {0x301U, 0x20D0U, 0xFE0FU, 0xE0100U, 0xE01EFU}) CHECK(of(c) == character_class::mark);
  CHECK(of(0x93E) == character_class::spacing_mark);
  for (const std::uint32_t c : {0x21U, 0x5FU, 0x2014U, 0x3001U}) CHECK(of(c) == character_class::punctuation);
  for (const std::uint32_t c : {0x2BU, 0x20ACU, 0x1F600U}) CHECK(of(c) == character_class::symbol);
  for (const std::uint32_t c : {0x0U, 0x7FU, 0x200DU, 0xE000U, 0xE0001U, 0xE01F0U, 0x10FFFFU, 0x378U})
    CHECK(of(c) == character_class::other);
  for (const char* none : {"\x80", "\xC0\xAF", "\xED\xA0\x80", "\xFF"})
    CHECK(mote::class_of(mote::character_at(none, 0)) == character_class::no_character);
}

TEST_CASE("unicode: Form C", "[model][unicode]") {
  CHECK(composed("e\xCC\x81") == "\xC3\xA9");
  CHECK(composed("a\xCC\xA3\xCC\x82") == "\xE1\xBA\xAD");                     // a, dot below, circumflex: one character
  CHECK(composed("a\xCC\x82\xCC\xA3") == "\xE1\xBA\xAD");                     // in either order
  CHECK(composed("q\xCC\x87\xCC\xA3") == "q\xCC\xA3\xCC\x87");                // marks are ordered where none composes
  CHECK(composed("\xE1\x84\x92\xE1\x85\xA1\xE1\x86\xAB") == "\xED\x95\x9C");  // Hangul
  CHECK(composed("\xE2\x84\xAB") == "\xC3\x85");                              // the sign for angstrom
  CHECK(composed("\xE0\xA5\x98") == "\xE0\xA4\x95\xE0\xA4\xBC");              // excluded from composition
  CHECK(composed("\xE0\xAF\x86\xE0\xAE\xBE") == "\xE0\xAF\x8A");              // a second part that is no mark by class
  CHECK(composed("a\xFF\xCC\x81") == "a\xFF\xCC\x81");
  CHECK(mote::nfc::is_normal("plain, na\xC3\xAFve, \xE4\xBD\xA0"));
  CHECK_FALSE(mote::nfc::is_normal("e\xCC\x81"));

  mote::rng random(4);
  for (int round = 0; round < 20000; ++round) {
    std::string s;
    for (std::uint32_t i = random.below(12); i > 0; --i) {
      char utf8[4];
      const std::uint32_t from[] = {0x41, 0xC0, 0x300, 0x1100, 0x1E00, 0x900, 0xAC00};
      s.append(utf8, mote::put_utf8(from[random.below(7)] + random.below(0x80), utf8));
    }
    const std::string once = composed(s);
    if (composed(once) != once) REQUIRE(composed(once) == once);
    if (mote::nfc::is_normal(s) && once != s) REQUIRE(once == s);
    CHECK(once.size() <= 3 * s.size());
  }
  std::string marks = "a";
  for (int i = 0; i < 100; ++i) marks += "\xCC\x81";
  CHECK(composed(marks).size() == marks.size() - 1);  // the first mark composes; the others stay
}

TEST_CASE("unicode: without case and accents", "[model][unicode]") {
  CHECK(folded("\xC3\x89T\xC3\x89 \xC4\xB0 \xC3\x9F \xE1\xBA\x9E") == "ete i \xC3\x9F \xC3\x9F");
  CHECK(folded("\xCE\x91\xCE\xAC\xD0\x99") == "\xCE\xB1\xCE\xB1\xD0\xB8");
  CHECK(folded("\xED\x95\x9C") == "\xE1\x84\x92\xE1\x85\xA1\xE1\x86\xAB");
  CHECK(mote::lower_case(0x10400) == 0x10428);
  CHECK(mote::lower_case(0x10FFFF) == 0x10FFFF);
}
