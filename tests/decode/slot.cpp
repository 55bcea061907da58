// SPDX-License-Identifier: BSL-1.0
#include "mote/decode/slot.hpp"

#include <catch2/catch_test_macros.hpp>

#include <span>
#include <type_traits>

namespace {

using member = mote::decoding_member;

// Each lacks the next member only.
struct p0 {};
struct p1 {
  template <std::size_t>
  struct state {};
};
struct p2 {
  template <std::size_t>
  struct state {
    void seed(std::uint64_t);
  };
};
struct p3 {
  template <std::size_t Vocab>
  struct state : p2::state<Vocab> {
    std::size_t pick(float*);
  };
};
struct looks_back : p2 {
  template <std::size_t Vocab>
  struct state : p2::state<Vocab> {
    template <class Token>
    std::size_t pick(float*, std::span<const Token>);
  };
};
struct picks_an_int : p2 {
  template <std::size_t Vocab>
  struct state : p2::state<Vocab> {
    int pick(float*);
  };
};
struct of_small_vocabularies {
  template <std::size_t Vocab>
  struct state : p3::state<Vocab> {
    state()
      requires(Vocab < 100)
    = default;
  };
};

}  // namespace

TEST_CASE("decoding slot: the first member that a policy lacks is named", "[decode]") {
  STATIC_REQUIRE(mote::decoding_lacks<p0, 64> == member::state);
  STATIC_REQUIRE(mote::decoding_lacks<p1, 64> == member::seed);
  STATIC_REQUIRE(mote::decoding_lacks<p2, 64> == member::pick);
  STATIC_REQUIRE(mote::decoding_lacks<picks_an_int, 64> == member::pick);
  STATIC_REQUIRE(mote::decoding_lacks<p3, 64> == member::none);
  STATIC_REQUIRE(mote::decoding_lacks<looks_back, 64> == member::none);
  STATIC_REQUIRE(mote::decoding_lacks<of_small_vocabularies, 64> == member::none);
  STATIC_REQUIRE(mote::decoding_lacks<of_small_vocabularies, 512> == member::state);  // of this model's vocabulary
  STATIC_REQUIRE(mote::decoding_lacks<mote::slots::decoding::fallback, 64> == member::none);
  STATIC_REQUIRE(std::is_same_v<mote::slots::decoding::fallback, mote::greedy>);
}
