// SPDX-License-Identifier: BSL-1.0
#include "mote/recall/words.hpp"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "mote/core/rng.hpp"
#include "mote/recall/english.hpp"

namespace {

std::vector<std::uint32_t> words_of(std::string_view text) {
  std::vector<std::uint32_t> hashes;
  mote::words<> words(text);
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
  CHECK(words_of("\uD55C\uAD6D\uC5B4 \uD55C").size() == 4);
}

TEST_CASE("marks and signs of any script end a word", "[recall][words]") {
  CHECK(words_of("\u0915\u0932\u0964 \u0906\u091C\u0965") == words_of("\u0915\u0932 \u0906\u091C"));      // danda
  CHECK(words_of("\u0645\u0631\u062D\u0628\u0627\u061F") == words_of("\u0645\u0631\u062D\u0628\u0627"));  // Arabic ?
  CHECK(words_of("party\U0001F389 x") == words_of("party x"));
  CHECK(words_of("100\u20AC a\u2192b brand\u2122") == words_of("100 a b brand"));
  CHECK(words_of("\u2764\uFE0F").empty());  // a heart, and the selector of its form
  CHECK(words_of("\u0A05\u0A17\u0A32\u0A3E") != words_of("\u0A05"));
}

TEST_CASE("what is invisible is no part of a word and does not end it", "[recall][words]") {
  CHECK(words_of("co\u00ADoperate") == words_of("cooperate"));
  CHECK(words_of("\u0645\u06CC\u200C\u062E\u0648\u0627\u0647\u0645") ==
        words_of("\u0645\u06CC\u062E\u0648\u0627\u0647\u0645"));
  CHECK(words_of("\uFEFFa \u202Eb\u202C") == words_of("a b"));
}

TEST_CASE("case is folded in every script that has one", "[recall][words]") {
  CHECK(words_of("\u0218\u021AIRE \u0102") == words_of("\u0219\u021Bire \u0103"));                  // Romanian
  CHECK(words_of("\u1EA6U \u1ED8 \u01A0 \u01AF") == words_of("\u1EA7u \u1ED9 \u01A1 \u01B0"));      // Vietnamese
  CHECK(words_of("\u018FL\u0130") == words_of("\u0259li"));                                         // Azerbaijani
  CHECK(words_of("\u0492\u04D8\u04A2\u04E8\u04B0") == words_of("\u0493\u04D9\u04A3\u04E9\u04B1"));  // Kazakh
  CHECK(words_of("\u0531\u0532") == words_of("\u0561\u0562"));                                      // Armenian
  CHECK(words_of("\u1C90\u1C91") == words_of("\u10D0\u10D1"));                                      // Georgian
  CHECK(words_of("\U00010400") == words_of("\U00010428"));                                          // Deseret
  CHECK(words_of("\uFF21\uFF22") == words_of("\uFF41\uFF42"));                                      // full width
  CHECK(words_of("STRA\u1E9EE") == words_of("stra\u00DFe"));
}

TEST_CASE("a script without spaces is cut into overlapping pieces", "[recall][words]") {
  const auto finds = [](std::string_view text, std::string_view question) {
    const auto of_text = words_of(text);
    const auto of_question = words_of(question);
    return !of_question.empty() && std::all_of(of_question.begin(), of_question.end(), [&](std::uint32_t h) {
      return std::find(of_text.begin(), of_text.end(), h) != of_text.end();
    });
  };
  CHECK(finds("\u0E09\u0E31\u0E19\u0E2D\u0E22\u0E39\u0E48\u0E17\u0E35\u0E48\u0E1A\u0E49\u0E32\u0E19",
              "\u0E1A\u0E49\u0E32\u0E19"));  // Thai: a house, in a sentence
  CHECK_FALSE(finds("\u0E09\u0E31\u0E19\u0E2D\u0E22\u0E39\u0E48", "\u0E1A\u0E49\u0E32\u0E19"));
  CHECK(finds("\u1781\u17D2\u1789\u17BB\u17C6\u179F\u17D2\u179A\u17B6\u179B\u1789\u17CB",
              "\u179F\u17D2\u179A"));      // Khmer
  CHECK(finds("\uC9D1\uC5D0", "\uC9D1"));  // Korean: a house, with a particle
  CHECK(finds("\u6771\u4EAC\u90FD", "\u4EAC\u90FD"));
  CHECK(words_of("\u0E01\u0E02\u0E03\u0E04").size() == 2);
  CHECK(words_of("\u0E01\u0E02").size() == 1);  // shorter than a piece
  CHECK(words_of("\u0E01\u0E02 \u0E03").size() == 2);
  CHECK(words_of("a\u0E01\u0E02\u0E03b\u0E04").size() == 4);
}

namespace {
struct han_pairs {
  static constexpr mote::script_block blocks[] = {{0x3400, 0x9FFF, 2}};
};
template <class Words>
std::size_t count(std::string_view text) {
  Words words(text);
  std::size_t n = 0;
  for (std::uint32_t h = 0; words.next(h);) ++n;
  return n;
}
}  // namespace

TEST_CASE("a program names the scripts that it knows, and may bring its own", "[recall][words]") {
  using two = mote::words<mote::latin, mote::cyrillic>;
  CHECK(two::lower(0xC9) == 0xE9);
  CHECK(two::lower(0x416) == 0x436);
  CHECK(two::lower(0x391) == 0x391);  // Greek was not named
  CHECK(count<two>("\u0E1A\u0E49\u0E32\u0E19\u0E1A\u0E49\u0E32\u0E19") == 1);
  CHECK(count<two>("a\u2192b, c\U0001F600d") == 4);  // what all scripts share is always there
  CHECK(count<mote::words<han_pairs>>("\u6771\u4EAC\u90FD") == 2);
  CHECK(count<mote::words<mote::latin, mote::han>>("\u6771\u4EAC\u90FD") == 3);
}

TEST_CASE("a word is read as its letters or as their hash", "[recall][words]") {
  const std::string text = "Caf\u00E9 \u0416 " + std::string(40, 'a') + " " + std::string(32, 'B');
  mote::words<> letters(text);
  mote::words<> hashes(text);
  std::vector<std::size_t> sizes;
  std::vector<bool> whole;
  mote::word w;
  std::uint32_t h = 0;
  while (letters.next(w)) {
    REQUIRE(hashes.next(h));
    CHECK(w.hash() == h);
    sizes.push_back(w.size);
    whole.push_back(w.whole);
  }
  CHECK_FALSE(hashes.next(h));
  CHECK(sizes == std::vector<std::size_t>{4, 1, 32, 32});
  CHECK(whole == std::vector<bool>{true, true, false, true});
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

TEST_CASE("words: which may be names", "[recall][words]") {
  const auto names = [](auto reader) {
    std::string said;
    for (std::uint32_t h = 0; reader.next(h);) said += reader.is_name() ? 'N' : '.';
    return said;
  };
  CHECK(names(mote::words<>("What did Ann say to BEN at 5 O'Clock?")) == "..N..N...N");
  CHECK(names(mote::words<>("Ann's dog")) == "..");  // the first word
  CHECK(names(mote::words<>("\xE2\x80\x8E"
                            "Ann I A Zoe")) == "...N");
  CHECK(names(mote::words<>("wer ist \u00C4nne, \u00E4nne?")) == "..N.");
  CHECK(names(mote::words<mote::cyrillic>("\u0433\u0434\u0435 \u0410\u043D\u043D\u0430")) == ".N");
  CHECK(names(mote::words<>("\u6771\u4EAC Tokyo")).back() == 'N');
  CHECK(names(mote::english("Is it Ann?")) == "N");
  CHECK(names(mote::english("Who IS it?")) == ".N.");  // all are stop words, so all stay
}
