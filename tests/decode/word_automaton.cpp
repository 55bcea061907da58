// SPDX-License-Identifier: BSL-1.0
// The automaton against a search for each word at each end of a text.
#include "mote/decode/word_automaton.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "mote/core/rng.hpp"

namespace {

template <mote::text_literal... Words>
void compare(std::string_view letters, std::uint64_t seed) {
  using automaton = mote::word_automaton<Words...>;
  STATIC_REQUIRE(automaton::sound);
  const std::vector<std::string> words{std::string(Words.view())...};
  mote::rng random(seed);
  std::size_t found = 0;
  for (int round = 0; round < 300; ++round) {
    std::string text;
    std::uint16_t at = 0;
    for (int i = 0; i < 40; ++i) {
      text += letters[random.below(static_cast<std::uint32_t>(letters.size()))];
      at = mote::next_node(automaton::nodes.data(), at, static_cast<unsigned char>(text.back()));
      std::size_t ends = 0, begins = 0;
      for (const std::string& w : words) {
        if (text.ends_with(w)) ends = std::max(ends, w.size());
        for (std::size_t n = 1; n <= w.size(); ++n)
          if (text.ends_with(w.substr(0, n))) begins = std::max(begins, n);
      }
      REQUIRE(automaton::nodes[at].ends == ends);
      REQUIRE(automaton::nodes[at].depth == begins);
      REQUIRE(automaton::text(at) == text.substr(text.size() - begins));
      found += ends != 0 ? 1U : 0U;
    }
  }
  CHECK(found > 10);
}

}  // namespace

TEST_CASE("the automaton knows the longest word and the longest beginning at each end of a text") {
  compare<"a">("ab", 1);
  compare<"ab", "b", "abab">("abc", 2);
  compare<"aa", "aaaa", "aab", "ba">("ab", 3);
  compare<"he", "she", "his", "hers">("hesir", 4);
  compare<"\n", "User:", "ser">("User:\n", 5);
  compare<"\xC3\xA4", "\xC3\xA4\xC3", "\xFF">("\xC3\xA4\xFF", 6);
  compare<"abcabd", "cab", "abcabd">("abcd", 7);
}

TEST_CASE("an empty word, or none, is no automaton") {
  STATIC_REQUIRE_FALSE(mote::word_automaton<>::sound);
  STATIC_REQUIRE_FALSE(mote::word_automaton<"a", "">::sound);
  STATIC_REQUIRE(mote::word_automaton<"a", "abc">::longest == 3);
}
