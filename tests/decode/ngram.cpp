// SPDX-License-Identifier: BSL-1.0
// The table of what followed two tokens: against a map without limits where it has room, and that it forgets well and
// never grows where it has none.
#include "mote/decode/ngram.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "mote/core/rng.hpp"

namespace {

using token = std::uint16_t;
template <std::size_t Slots, std::size_t Ways = 4, std::size_t Length = 8, class Token = token>
using table = typename mote::ngram<Slots, Ways, Length>::template state<Token>;

template <class State, class Token>
void read(State& s, const std::vector<Token>& text) {
  for (std::size_t i = 1; i <= text.size(); ++i) s.observe(std::span<const Token>(text).first(i));
}
template <class State, class Token>
std::vector<Token> guess(const State& s, const std::vector<Token>& text, std::size_t room = 32) {
  std::vector<Token> out(room);
  out.resize(s.propose(std::span<const Token>(text), std::span<Token>(out)));
  return out;
}

/// The same drafts from a map: no limit of slots or ways, counts without end.
class plain_table {
 public:
  void read(const std::vector<token>& text) {
    for (std::size_t i = 2; i < text.size(); ++i) ++seen_[{text[i - 2], text[i - 1]}][text[i]];
  }
  /// Empty where two successors share the top, because then either may be drafted.
  bool propose(token a, token b, std::size_t length, std::vector<token>& out) const {
    while (out.size() < length) {
      const auto found = seen_.find({a, b});
      if (found == seen_.end()) return true;
      unsigned sum = 0;
      unsigned most = 0;
      unsigned shared = 0;
      token top = 0;
      for (const auto& [t, n] : found->second) {
        sum += n;
        if (n == most) ++shared;
        if (n > most) {
          most = n;
          top = t;
          shared = 1;
        }
      }
      if (2 * most < sum) return true;
      if (shared > 1) return false;
      out.push_back(top);
      a = b;
      b = top;
    }
    return true;
  }

 private:
  std::map<std::pair<token, token>, std::map<token, unsigned>> seen_;
};

}  // namespace

TEST_CASE("ngram: the policy and its bytes", "[draft]") {
  STATIC_REQUIRE(mote::drafting_policy<mote::ngram<>>);
  STATIC_REQUIRE(mote::drafter<table<64>, token>);
  STATIC_REQUIRE(table<1024>::bytes == 16 * 1024);
  STATIC_REQUIRE(sizeof(table<1024>) == table<1024>::bytes);
  STATIC_REQUIRE(sizeof(table<4096>) == 65536);
  STATIC_REQUIRE(sizeof(table<64, 4, 8, std::uint32_t>) == 64 * 28);
}

TEST_CASE("ngram: with room for all it drafts what an endless map would", "[draft]") {
  mote::rng random(11);
  const auto small = std::make_unique<table<4096, 8, 8>>();
  plain_table plain;
  std::vector<token> text;
  std::size_t compared = 0;
  std::size_t drafted = 0;
  for (int i = 0; i < 3000; ++i) {  // eight tokens, so that the ways are enough; some turns likelier than others
    const token last = text.empty() ? token{0} : text.back();
    text.push_back(static_cast<token>(random.below(10) < 7 ? (last * 3 + 1) % 8 : random.below(8)));
  }
  // No pair of eight tokens follows more than 255 times here, so no count is halved.
  text.resize(1200);
  read(*small, text);
  plain.read(text);
  for (token a = 0; a < 8; ++a)
    for (token b = 0; b < 8; ++b) {
      std::vector<token> expected;
      if (!plain.propose(a, b, 8, expected)) continue;
      REQUIRE(guess(*small, std::vector<token>{a, b}) == expected);
      ++compared;
      drafted += expected.size();
    }
  CHECK(compared > 40);
  CHECK(drafted > 100);
}

TEST_CASE("ngram: a guess goes on from guess to guess, as far as it may and no further", "[draft]") {
  table<64, 4, 5> s;
  const std::vector<token> text{1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
  CHECK(guess(s, text).empty());
  read(s, text);
  CHECK(guess(s, std::vector<token>{1, 2}) == std::vector<token>{3, 4, 5, 6, 7});  // Length
  CHECK(guess(s, std::vector<token>{1, 2}, 2) == std::vector<token>{3, 4});        // the room
  CHECK(guess(s, std::vector<token>{8, 9}) == std::vector<token>{10});             // what it knows
  CHECK(guess(s, std::vector<token>{1, 2}, 0).empty());
  CHECK(guess(s, std::vector<token>{2}).empty());
  CHECK(guess(s, std::vector<token>{}).empty());
  s.reset();
  CHECK(s.used() == 0);
  CHECK(guess(s, std::vector<token>{1, 2}).empty());
}

TEST_CASE("ngram: no guess where no successor has half", "[draft]") {
  table<16> s;
  const auto see = [&](token c, int times) {
    for (int i = 0; i < times; ++i) s.observe(std::vector<token>{7, 8, c});
  };
  see(1, 3);
  see(2, 3);
  CHECK(guess(s, std::vector<token>{7, 8}).size() == 1);  // half is enough
  see(3, 1);
  CHECK(guess(s, std::vector<token>{7, 8}).empty());
  see(2, 4);
  CHECK(guess(s, std::vector<token>{7, 8}) == std::vector<token>{2});
}

TEST_CASE("ngram: full counts are halved, so that the new overtakes the old", "[draft]") {
  table<16> s;
  for (int i = 0; i < 100000; ++i) s.observe(std::vector<token>{7, 8, 1});
  CHECK(guess(s, std::vector<token>{7, 8}) == std::vector<token>{1});
  int needed = 0;
  while (guess(s, std::vector<token>{7, 8}) != std::vector<token>{2}) {
    s.observe(std::vector<token>{7, 8, 2});
    REQUIRE(++needed <= 256);  // of a hundred thousand
  }
  CHECK(needed > 100);
}

TEST_CASE("ngram: it never grows, and what is seen again and again stays", "[draft]") {
  table<32> s;
  mote::rng random(3);
  const std::vector<token> often{500, 501, 502};
  for (int i = 0; i < 20; ++i) s.observe(often);
  for (int i = 0; i < 50000; ++i) {
    s.observe(std::vector<token>{static_cast<token>(random.below(60000)), static_cast<token>(random.below(60000)),
                                 static_cast<token>(random.below(60000))});
    REQUIRE(s.used() <= 32);
  }
  CHECK(s.used() == 32);
  CHECK(guess(s, std::vector<token>{500, 501}) == std::vector<token>{502});
  // The last stranger is there too: a full table still learns.
  s.observe(std::vector<token>{60001, 60002, 60003});
  CHECK(guess(s, std::vector<token>{60001, 60002}) == std::vector<token>{60003});
  // One slot and one way are a table as well.
  table<1, 1, 1> least;
  least.observe(std::vector<token>{1, 2, 3});
  least.observe(std::vector<token>{4, 5, 6});
  CHECK(guess(least, std::vector<token>{1, 2}).empty());
  CHECK(guess(least, std::vector<token>{4, 5}) == std::vector<token>{6});
  least.observe(std::vector<token>{4, 5, 9});
  CHECK(guess(least, std::vector<token>{4, 5}) == std::vector<token>{9});
}

TEST_CASE("ngram: vocabularies of 65,537 tokens and more do not fold", "[draft]") {
  table<64, 4, 8, std::uint32_t> s;
  read(s, std::vector<std::uint32_t>{65536, 65537, 151935});
  CHECK(guess(s, std::vector<std::uint32_t>{65536, 65537}) == std::vector<std::uint32_t>{151935});
  CHECK(guess(s, std::vector<std::uint32_t>{0, 1}).empty());  // the same, were only 16 bits kept
  // And the last token of a 16-bit vocabulary.
  table<64> narrow;
  read(narrow, std::vector<token>{65535, 65535, 65535});
  CHECK(guess(narrow, std::vector<token>{65535, 65535}, 3) == std::vector<token>(3, 65535));
}
