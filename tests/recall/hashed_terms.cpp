// SPDX-License-Identifier: BSL-1.0
#include "mote/recall/hashed_terms.hpp"

#include <catch2/catch_test_macros.hpp>

#include <map>
#include <string>

#include "mote/core/rng.hpp"

namespace {

/// Gives the bytes of a text as hashes, times a number that changes their order.
struct byte_reader {
  std::string_view rest{};
  constexpr byte_reader() = default;
  constexpr explicit byte_reader(std::string_view text) : rest(text) {}
  constexpr bool next(std::uint32_t& hash) {
    if (rest.empty()) return false;
    hash = static_cast<std::uint32_t>(static_cast<unsigned char>(rest.front())) * 2654435761U;
    rest.remove_prefix(1);
    return true;
  }
};
std::uint32_t hash_of(char c) { return static_cast<std::uint32_t>(static_cast<unsigned char>(c)) * 2654435761U; }

}  // namespace

TEST_CASE("hashed_terms: every word is counted, in rising order of hashes", "[recall]") {
  using terms = mote::hashed_terms<12, byte_reader>;
  mote::rng random(1);
  for (int turn = 0; turn < 200; ++turn) {
    std::string text;
    for (std::uint32_t n = 1 + random.below(40); n > 0; --n) text += static_cast<char>('a' + random.below(12));
    std::map<std::uint32_t, unsigned> expected;
    for (char c : text) ++expected[hash_of(c)];
    terms::item item;
    REQUIRE(terms::embed(text, item) == mote::status::ok);
    REQUIRE(item.used == expected.size());
    REQUIRE(item.length == text.size());
    std::size_t i = 0;
    for (const auto& [hash, times] : expected) {
      REQUIRE(item.hash[i] == hash);
      REQUIRE(item.times[i++] == times);
      REQUIRE(item.count(hash) == times);
    }
    CHECK(item.count(hash_of('~')) == 0);
    CHECK(item.count(0xFFFFFFFFU) == 0);
  }
}

TEST_CASE("hashed_terms: the limits of words, of repetitions and of length", "[recall]") {
  using terms = mote::hashed_terms<3, byte_reader>;
  terms::item item;
  CHECK(terms::embed("aabbcc", item) == mote::status::ok);
  CHECK(terms::embed("aabbccd", item) == mote::status::too_long);
  CHECK(terms::embed("", item) == mote::status::empty);
  CHECK(item.used == 0);  // nothing is left of the text before
  CHECK(terms::embed(std::string(255, 'a'), item) == mote::status::ok);
  CHECK(item.times[0] == 255);
  CHECK(terms::embed(std::string(300, 'a'), item) == mote::status::ok);
  CHECK(item.times[0] == 255);  // or more
  CHECK(item.length == 300);
  CHECK(terms::embed(std::string(70000, 'a'), item) == mote::status::ok);
  CHECK(item.length == 65535);
}

TEST_CASE("hashed_terms: a question is read word by word, and the usual reader knows no case", "[recall]") {
  mote::hashed_terms<3, byte_reader>::query q;
  REQUIRE(mote::hashed_terms<3, byte_reader>::ask("ab", q) == mote::status::ok);
  std::uint32_t h = 0;
  REQUIRE(q.next(h));
  CHECK(h == hash_of('a'));
  REQUIRE(q.next(h));
  CHECK(h == hash_of('b'));
  CHECK(!q.next(h));
  mote::hashed_terms<8>::item a, b;
  REQUIRE(mote::hashed_terms<8>::embed("The lamp, the LAMP", a) == mote::status::ok);
  REQUIRE(mote::hashed_terms<8>::embed("lamp the lamp the", b) == mote::status::ok);
  CHECK(a.used == 2);
  CHECK(a.hash == b.hash);
  CHECK(a.times == b.times);
}
