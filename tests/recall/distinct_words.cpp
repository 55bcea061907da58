// SPDX-License-Identifier: BSL-1.0
#include "mote/recall/distinct_words.hpp"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <iterator>
#include <set>
#include <string>

#include "mote/core/rng.hpp"
#include "mote/recall/words.hpp"

namespace {

using mote::words;

std::set<std::uint32_t> all_of(std::string_view text) {
  std::set<std::uint32_t> all;
  words<> w(text);
  for (std::uint32_t h = 0; w.next(h);) all.insert(h);
  return all;
}

template <std::size_t Portion>
void compare(std::string_view a, std::string_view b) {
  using distinct = mote::distinct_words<words<>, Portion>;
  const auto in_a = all_of(a), in_b = all_of(b);
  std::vector<std::uint32_t> read;
  for (distinct portion(a); portion.next();)
    for (std::size_t i = 0; i < portion.count(); ++i) read.push_back(portion[i]);
  REQUIRE(std::equal(read.begin(), read.end(), in_a.begin(), in_a.end()));
  REQUIRE(distinct::number_in(a) == in_a.size());
  std::vector<std::uint32_t> both;
  std::set_intersection(in_a.begin(), in_a.end(), in_b.begin(), in_b.end(), std::back_inserter(both));
  REQUIRE(distinct::in_common(a, b) == both.size());
  const std::size_t larger = std::max(in_a.size(), in_b.size());
  for (const float share : {0.0F, 0.25F, 0.75F, 1.0F})
    REQUIRE(distinct::alike(a, b, share) == (static_cast<float>(both.size()) > share * static_cast<float>(larger)));
}

}  // namespace

TEST_CASE("distinct_words: as sets of words have it, whatever fits into a portion", "[recall]") {
  mote::rng random(3);
  const auto text = [&] {
    std::string t;
    for (std::uint32_t n = random.below(90); n > 0; --n) t += "w" + std::to_string(random.below(70)) + " ";
    return t;
  };
  for (int round = 0; round < 500; ++round) {
    const std::string a = text(), b = round % 7 == 0 ? a : text();
    compare<1>(a, b);
    compare<2>(a, b);
    compare<7>(a, b);
    compare<32>(a, b);
    compare<200>(a, b);
  }
  compare<32>("", "");
  compare<4>("a b c d", "d c b a");  // the last portion is full
  CHECK(mote::distinct_words<words<>>::alike("Ann likes tea.", "ann LIKES tea", 0.75F));
}
