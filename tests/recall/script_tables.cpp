// SPDX-License-Identifier: BSL-1.0
#include "mote/recall/script_tables.hpp"

#include <catch2/catch_test_macros.hpp>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "mote/core/checksum.hpp"
#include "mote/recall/scripts.hpp"

namespace {

using mote::detail::common_script;
using mote::detail::script_tables;
using all = script_tables<mote::every_script, common_script>;
using western = script_tables<mote::latin, mote::cyrillic, common_script>;

template <class... Scripts>
constexpr std::size_t bytes_of =
    sizeof script_tables<Scripts..., common_script>::boundaries +
    sizeof script_tables<Scripts..., common_script>::folds + sizeof script_tables<Scripts..., common_script>::grams;

std::uint32_t crc_of(const std::vector<std::byte>& bytes) { return mote::crc32(bytes); }

}  // namespace

// Both checksums are Python's, over unicodedata.category and str.casefold, character by character: see tools/unicode.
TEST_CASE("letters are Unicode's categories L, M and N", "[recall][script_tables]") {
  std::vector<std::byte> bytes;
  for (std::uint32_t c = 0x80; c < 0x20000; ++c) bytes.push_back(static_cast<std::byte>(all::is_letter(c) ? '1' : '0'));
  CHECK(crc_of(bytes) == 0x3A28C5C3U);
}

TEST_CASE("lower case is Unicode's simple case folding", "[recall][script_tables]") {
  std::vector<std::byte> bytes;
  for (std::uint32_t c = 0x80; c < 0x20000; ++c) {
    const std::uint32_t lower = all::lower(c);
    for (unsigned i = 0; i < 32; i += 8) bytes.push_back(static_cast<std::byte>(lower >> i & 0xFFU));
  }
  CHECK(crc_of(bytes) == 0x20FCD5ACU);
}

TEST_CASE("a program has the tables of the scripts that it names", "[recall][script_tables]") {
  const auto in = [](const auto& blocks, std::uint32_t c) {
    for (const mote::script_block& b : blocks)
      if (b.first <= c && c <= b.last) return true;
    return false;
  };
  for (std::uint32_t c = 0x80; c < 0x20000; ++c) {
    const bool named = in(mote::latin::blocks, c) || in(mote::cyrillic::blocks, c) || in(common_script::blocks, c);
    const bool as_all = western::is_letter(c) == all::is_letter(c) && western::lower(c) == all::lower(c);
    const bool plain = western::is_letter(c) && western::lower(c) == c;
    if (named ? !as_all : !plain) FAIL("U+" << std::hex << c);
    if (western::gram(c) != 0) FAIL("U+" << std::hex << c << " is cut into pieces");
  }
  STATIC_CHECK(bytes_of<mote::latin, mote::cyrillic> < bytes_of<mote::latin, mote::cyrillic, mote::thai>);
  STATIC_CHECK(bytes_of<mote::latin> < 1400);
  STATIC_CHECK(bytes_of<mote::every_script> < 2700);
  CHECK(western::boundaries.below > 0);
}

TEST_CASE("every script has what the named scripts say of their blocks", "[recall][script_tables]") {
  const auto same = [&]<class Script>(Script) {
    for (const mote::script_block& b : Script::blocks)
      for (std::uint32_t c = b.first; c <= b.last; ++c)
        if (all::gram(c) != b.gram) return false;
    return true;
  };
  CHECK(same(mote::latin{}));
  CHECK(same(mote::greek{}));
  CHECK(same(mote::cyrillic{}));
  CHECK(same(mote::armenian{}));
  CHECK(same(mote::georgian{}));
  CHECK(same(mote::hebrew{}));
  CHECK(same(mote::arabic{}));
  CHECK(same(mote::indic{}));
  CHECK(same(mote::ethiopic{}));
  CHECK(same(mote::tibetan{}));
  CHECK(same(mote::thai{}));
  CHECK(same(mote::lao{}));
  CHECK(same(mote::myanmar{}));
  CHECK(same(mote::khmer{}));
  CHECK(same(mote::kana{}));
  CHECK(same(mote::han{}));
  CHECK(same(mote::hangul{}));
}
