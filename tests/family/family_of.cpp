// SPDX-License-Identifier: BSL-1.0
#include "mote/family/family_of.hpp"

#include <catch2/catch_test_macros.hpp>

#include <type_traits>

namespace {
struct silent {};
struct mine {};
struct names_one {
  using family = mine;
};
}  // namespace

TEST_CASE("family_of: the family that a model names, else Llama", "[family]") {
  STATIC_REQUIRE(std::is_same_v<mote::family_of<names_one>, mine>);
  STATIC_REQUIRE(std::is_same_v<mote::family_of<silent>, mote::llama>);
  CHECK(mote::family_of<silent>::name == "llama");
}
