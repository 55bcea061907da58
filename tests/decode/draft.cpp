// SPDX-License-Identifier: BSL-1.0
#include "mote/decode/draft.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <type_traits>

#include "mote/decode/lookup.hpp"

namespace {

using member = mote::drafting_member;
using token = std::uint16_t;

// Each lacks the next member only.
struct p0 {};
struct p1 {
  static constexpr std::size_t length = 4;
};
struct p2 : p1 {
  template <class Token>
  struct state {};
};
struct p3 : p1 {
  template <class Token>
  struct state {
    void observe(std::span<const Token>);
  };
};
struct p4 : p1 {
  template <class Token>
  struct state : p3::state<Token> {
    std::size_t propose(std::span<const Token>, std::span<Token>) const;
  };
};
struct p5 : p1 {
  template <class Token>
  struct state : p4::state<Token> {
    void reset();
  };
};
struct changes_to_propose : p1 {  // proposing may not change what is known
  template <class Token>
  struct state : p3::state<Token> {
    std::size_t propose(std::span<const Token>, std::span<Token>);
    void reset();
  };
};

struct some_model {};
struct takes_back {
  struct store {
    static constexpr std::size_t rollback_tokens(std::size_t context) { return context; }
  };
};
struct takes_nothing_back {
  struct store {
    static constexpr std::size_t rollback_tokens(std::size_t) { return 0; }
  };
};
template <class Drafting, class Cache>
struct chosen {
  using model_type = some_model;
  static constexpr std::size_t tokens = 64;
  template <class Slot>
  using in = std::conditional_t<std::is_same_v<Slot, mote::slots::drafting>, Drafting, Cache>;
};
template <class Drafting, class Cache>
constexpr bool refused = !std::is_void_v<mote::slots::drafting::fault<chosen<Drafting, Cache>>>;

}  // namespace

TEST_CASE("draft: the first member that a policy lacks is named", "[draft]") {
  STATIC_REQUIRE(mote::drafting_lacks<p0, token> == member::length);
  STATIC_REQUIRE(mote::drafting_lacks<p1, token> == member::state);
  STATIC_REQUIRE(mote::drafting_lacks<p2, token> == member::observe);
  STATIC_REQUIRE(mote::drafting_lacks<p3, token> == member::propose);
  STATIC_REQUIRE(mote::drafting_lacks<changes_to_propose, token> == member::propose);
  STATIC_REQUIRE(mote::drafting_lacks<p4, token> == member::reset);
  STATIC_REQUIRE(mote::drafting_lacks<p5, token> == member::none);
  STATIC_REQUIRE(mote::drafting_lacks<mote::no_draft, token> == member::none);
  STATIC_REQUIRE(mote::drafting_policy<mote::lookup<3, 8>>);
  STATIC_REQUIRE(!mote::drafting_policy<p5>);  // it names no slot
}

TEST_CASE("draft: what takes nothing back cannot draft, and no draft can have any cache", "[draft]") {
  STATIC_REQUIRE((!refused<p5, takes_back> && refused<p5, takes_nothing_back>));
  STATIC_REQUIRE((!refused<mote::no_draft, takes_back> && !refused<mote::no_draft, takes_nothing_back>));
}

TEST_CASE("draft: without a policy nothing is guessed", "[draft]") {
  STATIC_REQUIRE(std::is_same_v<mote::slots::drafting::fallback, mote::no_draft>);
  token room[4] = {7, 7, 7, 7};
  const token text[3] = {1, 2, 1};
  mote::no_draft::state<token> none;
  none.observe(text);
  CHECK(none.propose(text, room) == 0);
  CHECK(room[0] == 7);
  STATIC_REQUIRE(std::is_empty_v<mote::no_draft::state<token>>);
}
