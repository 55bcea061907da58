// SPDX-License-Identifier: BSL-1.0
// Prompt lookup against a search that tries every length and place in the order that the page promises.
#include "mote/decode/lookup.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <span>
#include <vector>

#include "mote/core/rng.hpp"

namespace {

using token = std::uint16_t;
using text = std::vector<token>;

template <std::size_t N, std::size_t Length>
text guess(const text& context, std::size_t room = 32) {
  text out(room);
  out.resize(mote::lookup<N, Length>::template state<token>::propose(context, out));
  return out;
}

text plain(const text& context, std::size_t most, std::size_t length) {
  for (std::size_t n = most; n >= 1; --n) {
    if (context.size() < n + 1) continue;
    for (std::size_t start = context.size() - n; start-- > 0;) {
      bool same = true;
      for (std::size_t i = 0; i < n; ++i) same = same && context[start + i] == context[context.size() - n + i];
      if (!same) continue;
      text out;
      for (std::size_t i = start + n; i < context.size() && out.size() < length; ++i) out.push_back(context[i]);
      return out;
    }
  }
  return {};
}

}  // namespace

TEST_CASE("lookup: the longest match, the newest of equals", "[draft]") {
  STATIC_REQUIRE(mote::drafting_policy<mote::lookup<>>);
  STATIC_REQUIRE(mote::drafter<mote::lookup<>::state<token>, token>);
  STATIC_REQUIRE(std::is_empty_v<mote::lookup<>::state<token>>);
  CHECK(guess<3, 4>({1, 2, 3, 10, 11, 12, 2, 3, 20, 9, 1, 2, 3}) == text{10, 11, 12, 2});
  CHECK(guess<2, 4>({1, 2, 3, 10, 11, 12, 2, 3, 20, 9, 1, 2, 3}) == text{20, 9, 1, 2});
  CHECK(guess<3, 4>({5, 6}).empty());
  CHECK(guess<3, 4>({5}).empty());
  CHECK(guess<3, 4>({}).empty());
  CHECK(guess<3, 4>({5, 5, 5, 5}) == text{5});  // up to the end of what is known
  CHECK(guess<3, 4>({1, 2, 3, 1}, 2) == text{2, 3});
  CHECK(guess<3, 4>({1, 2, 3, 1}, 0).empty());
}

TEST_CASE("lookup: equal to the plain search on any text", "[draft]") {
  mote::rng random(21);
  std::size_t found = 0;
  for (int round = 0; round < 3000; ++round) {
    text context(random.below(60));
    const std::uint32_t letters = 2 + random.below(12);
    for (token& t : context) t = static_cast<token>(random.below(letters));
    REQUIRE(guess<3, 8>(context) == plain(context, 3, 8));
    REQUIRE(guess<1, 2>(context) == plain(context, 1, 2));
    REQUIRE(guess<5, 16>(context) == plain(context, 5, 16));
    found += guess<3, 8>(context).size();
  }
  CHECK(found > 3000);
}
