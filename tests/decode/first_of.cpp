// SPDX-License-Identifier: BSL-1.0
// The first drafter with a guess drafts; every one of them learns.
#include "mote/decode/first_of.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <vector>

#include "mote/decode/lookup.hpp"
#include "mote/decode/ngram.hpp"

using token = std::uint16_t;
using text = std::vector<token>;

TEST_CASE("first_of: order decides, and all see every token", "[draft]") {
  using both = mote::first_of<mote::lookup<3, 4>, mote::ngram<64, 4, 8>>;
  STATIC_REQUIRE(mote::drafting_policy<both>);
  STATIC_REQUIRE(mote::drafter<both::state<token>, token>);
  STATIC_REQUIRE(both::length == 8);
  STATIC_REQUIRE(sizeof(both::state<token>) == sizeof(mote::ngram<64>::state<token>));

  both::state<token> s;
  const auto guess = [&](const text& context) {
    text out(16);
    out.resize(s.propose(context, out));
    return out;
  };
  s.observe(text{1, 2, 3});
  CHECK(guess({1, 2}) == text{3});                    // lookup has nothing in this text: the table has
  CHECK(guess({2, 7, 8, 1, 2}) == text{7, 8, 1, 2});  // lookup comes first, where it has a guess
  s.reset();
  CHECK(guess({1, 2}).empty());

  using other_way = mote::first_of<mote::ngram<64, 4, 8>, mote::lookup<3, 4>>;
  other_way::state<token> t;
  t.observe(text{1, 2, 3});
  text out(16);
  out.resize(t.propose(text{2, 7, 8, 1, 2}, out));
  CHECK(out == text{3});
}

TEST_CASE("first_of: two of a kind keep apart", "[draft]") {
  mote::first_of<mote::ngram<8, 4, 1>, mote::ngram<8, 4, 4>>::state<token> s;
  for (token i = 0; i < 5; ++i) s.observe(text{i, static_cast<token>(i + 1), static_cast<token>(i + 2)});
  text out(16);
  CHECK(s.propose(text{0, 1}, out) == 1);
  CHECK(s.rest.propose(text{0, 1}, out) == 4);
}
