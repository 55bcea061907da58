// SPDX-License-Identifier: BSL-1.0
#include "mote/budget/ways.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "mote/core/rng.hpp"

namespace {
using mote::help;
using mote::helps;
using mote::way;
}  // namespace

TEST_CASE("ways: the largest saving is first, equal ones in the order of their coming, none without one", "[budget]") {
  mote::rng random(1);
  for (int turn = 0; turn < 200; ++turn) {
    helps all;
    std::vector<help> expected;
    for (std::size_t i = 0; i < mote::ways_to_help; ++i) {
      const help h{static_cast<way>(i), i, random.below(4) * 100, false};
      all.add(h);
      if (h.saves != 0) expected.push_back(h);
    }
    std::sort(expected.begin(), expected.end(), [](const help& a, const help& b) {
      return a.saves != b.saves ? a.saves > b.saves : a.to < b.to;  // `to` counts their coming
    });
    REQUIRE(std::vector<help>(all.begin(), all.end()) == expected);
    CHECK(all.size() == expected.size());
  }
}

TEST_CASE("ways: a shortened list keeps one that is enough, if there is one", "[budget]") {
  // Savings of 700, 600, .. 100; `enough` at each place in turn, then at none, then at two.
  const auto listed = [](std::set<std::size_t> enough) {
    helps all;
    for (std::size_t i = 0; i < 7; ++i) all.add({static_cast<way>(i), i, 700 - 100 * i, enough.contains(i)});
    return all;
  };
  const auto kept = [&](std::set<std::size_t> enough, std::size_t most) {
    helps all = listed(enough);
    all.keep(most);
    std::vector<std::size_t> to;
    for (const help& h : all) to.push_back(h.to);
    return to;
  };
  using list = std::vector<std::size_t>;
  CHECK(kept({}, 3) == list{0, 1, 2});
  CHECK(kept({1}, 3) == list{0, 1, 2});
  CHECK(kept({2}, 3) == list{0, 1, 2});
  CHECK(kept({3}, 3) == list{0, 1, 3});
  CHECK(kept({6}, 3) == list{0, 1, 6});
  CHECK(kept({4, 6}, 3) == list{0, 1, 4});  // the one that saves more
  CHECK(kept({6}, 7).size() == 7);
  CHECK(kept({6}, 9).size() == 7);
  CHECK((!listed({}).any_is_enough() && listed({6}).any_is_enough()));
}

TEST_CASE("ways: every way has a name, and each another", "[budget]") {
  std::set<std::string> names;
  for (std::size_t i = 0; i < mote::ways_to_help; ++i) names.insert(std::string(name(static_cast<way>(i))));
  CHECK(names.size() == 13);
  CHECK((name(way::cache_bits) == "cache" && name(way::cache_region) == "cache_in" && name(way::bits) == "quantize"));
  CHECK(mote::remedy{}.fits());
  CHECK(!mote::remedy{.misses = 1}.fits());
}
