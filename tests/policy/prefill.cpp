// SPDX-License-Identifier: BSL-1.0
#include "mote/policy/prefill.hpp"

#include <catch2/catch_test_macros.hpp>

#include <type_traits>

namespace {
struct silent {};
}  // namespace

TEST_CASE("prefill: the tokens of a step, and one without the policy", "[policy]") {
  STATIC_REQUIRE((mote::prefill<1>::tokens == 1 && mote::prefill<64>::tokens == 64));
  STATIC_REQUIRE(std::is_same_v<mote::slots::prefill::fallback, mote::one_by_one>);
  STATIC_REQUIRE(mote::one_by_one::tokens == 1);
  STATIC_REQUIRE((std::is_void_v<mote::slots::prefill::lack<mote::prefill<8>, void>>));
  STATIC_REQUIRE(!(std::is_void_v<mote::slots::prefill::lack<silent, void>>));
}
