// SPDX-License-Identifier: BSL-1.0
#include "mote/recall/words.hpp"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "mote/core/rng.hpp"
#include "mote/recall/hashed_terms.hpp"

namespace {

std::vector<std::uint32_t> words_of(std::string_view text) {
  std::vector<std::uint32_t> hashes;
  mote::word_reader words(text);
  for (std::uint32_t h = 0; words.next(h);) hashes.push_back(h);
  return hashes;
}

// FNV-1a, 32 bits, as published: the offset basis, then xor and multiply a byte.
std::uint32_t fnv1a(std::string_view word) {
  std::uint32_t h = 2166136261U;
  for (char c : word) h = (h ^ static_cast<unsigned char>(c)) * 16777619U;
  return h;
}

std::vector<std::uint32_t> hashes(const std::vector<std::string_view>& words) {
  std::vector<std::uint32_t> all;
  for (std::string_view w : words) all.push_back(fnv1a(w));
  return all;
}

// Gives `terms` terms: 1, 2 ... `different`, and then `different` again and again.
struct counted_terms {
  std::uint32_t terms, different, given = 0;
  bool next(std::uint32_t& hash) {
    if (given == terms) return false;
    hash = ++given < different ? given : different;
    return true;
  }
};

}  // namespace

TEST_CASE("words are runs of letters and digits, in lower case", "[recall][words]") {
  CHECK(words_of("The boiler's code is 7731.") == hashes({"the", "boiler", "code", "is", "7731"}));
  CHECK(words_of("  a-b_c/d\t\n(e)  ") == hashes({"a", "b", "c", "d", "e"}));
  CHECK(words_of("").empty());
  CHECK(words_of(" .,;!? -- '' ").empty());
  CHECK(words_of(std::string_view("a\0b", 3)) == hashes({"a", "b"}));
}

TEST_CASE("an English possessive goes, any other single s stays", "[recall][words]") {
  CHECK(words_of("dog's") == hashes({"dog"}));
  CHECK(words_of("dog\xE2\x80\x99s tail") == hashes({"dog", "tail"}));  // typographic apostrophe
  CHECK(words_of("DOG'S") == hashes({"dog"}));
  CHECK(words_of("dogs' 's s") == hashes({"dogs", "s", "s"}));
  CHECK(words_of("it's-s") == hashes({"it", "s"}));
  CHECK(words_of("don't l'sol") == hashes({"don", "t", "l", "sol"}));
}

TEST_CASE("case is folded in Latin, Greek and Cyrillic", "[recall][words]") {
  CHECK(words_of("\u00D6L \u00C9T\u00C9") == words_of("\u00F6l \u00E9t\u00E9"));
  CHECK(words_of("\u0141\u00D3D\u0179 \u017D\u0160\u010C \u0150\u0170") ==
        words_of("\u0142\u00F3d\u017A \u017E\u0161\u010D \u0151\u0171"));
  CHECK(words_of("\u0178") == words_of("\u00FF"));
  CHECK(words_of("\u0130zm\u0130r") == words_of("izmir"));
  CHECK(words_of("\u039F\u0394\u039F\u03A3 \u0386\u0388\u038C\u038F") ==
        words_of("\u03BF\u03B4\u03BF\u03C2 \u03AC\u03AD\u03CC\u03CE"));
  CHECK(words_of("\u041F\u0420\u0418\u0412\u0415\u0422 \u0401\u0407 \u0490") ==
        words_of("\u043F\u0440\u0438\u0432\u0435\u0442 \u0451\u0457 \u0491"));
  CHECK(words_of("\u00D7\u00F7\u00AB\u00BB\u2014\u3002\uFF0C").empty());
  CHECK(words_of("\u00F6l") != words_of("ol"));
  CHECK(words_of("na\u00EFve").size() == 1);
}

TEST_CASE("an ideograph is a word", "[recall][words]") {
  CHECK(words_of("\u65E5\u672C\u8A9E").size() == 3);
  CHECK(words_of("abc\u65E5def").size() == 3);
  CHECK(words_of("\u65E5\u3002\u672C").size() == 2);
  CHECK(words_of("\uD55C\uAD6D\uC5B4 \uD55C").size() == 2);  // Korean has spaces
}

TEST_CASE("bytes that are no UTF-8 are letters of their own and never a valid character", "[recall][words]") {
  CHECK(words_of("\xF6l") != words_of("\u00F6l"));  // Latin-1 is not UTF-8, but is found again
  CHECK(words_of("\xF6l").size() == 1);
  CHECK(words_of("a\xC0\xAF").size() == 1);     // an overlong slash does not part words
  CHECK(words_of("\xED\xA0\x80").size() == 1);  // a surrogate
  CHECK(words_of("ab\xE2\x80").size() == 1);    // the text ends inside a character
  CHECK(words_of("\xF4\x90\x80\x80") != words_of("\xF4\x8F\xBF\xBF"));
}

TEST_CASE("any bytes are read to their end", "[recall][words]") {
  mote::rng random(3);
  for (int round = 0; round < 20'000; ++round) {
    std::string text(random.below(24), ' ');
    for (char& c : text) c = static_cast<char>(random.below(256));
    const std::vector<char> exact(text.begin(), text.end());  // a read past the end is seen by the sanitizer
    const auto words = words_of({exact.data(), exact.size()});
    REQUIRE(2 * words.size() <= text.size() + 1);  // what the width of the counters rests on
  }
}

TEST_CASE("the counts of a text's terms stop at their largest and never start again", "[recall][words]") {
  using mote::status;
  for (const std::uint32_t times : {1U, 254U, 255U, 256U, 257U, 512U, 65'534U, 65'535U, 65'536U, 65'537U, 131'072U}) {
    INFO(times);
    mote::term_table<2, std::uint8_t> small;
    REQUIRE(small.take(counted_terms{times, 1}) == status::ok);
    CHECK(small.count(1) == std::min(times, 255U));
    CHECK(small.length == std::min(times, 65'535U));
    CHECK(small.used == 1);
    mote::term_table<2, std::uint16_t> large;
    REQUIRE(large.take(counted_terms{times, 1}) == status::ok);
    CHECK(large.count(1) == std::min(times, 65'535U));
    CHECK(large.length == std::min(times, 65'535U));
  }
  mote::hashed_terms<2>::item of_text;
  std::string text;
  for (int i = 0; i < 256; ++i) text += "no ";
  REQUIRE(mote::hashed_terms<2>::embed(text, of_text) == status::ok);
  CHECK(of_text.times[0] == 255);
  CHECK(of_text.length == 256);
}

TEST_CASE("a table counts as many different terms as it has room for", "[recall][words]") {
  using mote::status;
  static_assert(sizeof(mote::term_table<24, std::uint8_t>) == 24 * 5 + 4);
  static mote::term_table<70'000, std::uint8_t> table;
  REQUIRE(table.take(counted_terms{70'000, 70'000}) == status::ok);
  CHECK(table.used == 70'000);
  CHECK(table.length == 65'535);
  for (const std::uint32_t h : {1U, 65'535U, 65'536U, 65'537U, 70'000U}) CHECK(table.count(h) == 1);
  table = {};
  CHECK(table.take(counted_terms{70'001, 70'001}) == status::too_long);
}
