// SPDX-License-Identifier: BSL-1.0
#include "mote/policy/interleave.hpp"

#include <catch2/catch_test_macros.hpp>

#include <type_traits>

namespace {
struct silent {};
struct yours {
  static constexpr int rows = 4;
};
}  // namespace

TEST_CASE("layout: the rows that are named, else those of the board's instructions", "[policy]") {
  STATIC_REQUIRE((mote::interleave<1>::rows == 1 && mote::interleave<16>::rows == 16));
  STATIC_REQUIRE(std::is_same_v<mote::slots::interleave::fallback, mote::board_interleave>);
  STATIC_REQUIRE(mote::board_interleave::rows == 0);  // the board decides
  STATIC_REQUIRE((std::is_void_v<mote::slots::interleave::lack<yours, void>>));
  STATIC_REQUIRE(!(std::is_void_v<mote::slots::interleave::lack<silent, void>>));
}
