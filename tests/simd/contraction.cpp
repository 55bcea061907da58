// SPDX-License-Identifier: BSL-1.0
#include "mote/simd/contraction.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cmath>

TEST_CASE("this build contracts nothing") { CHECK(mote::arithmetic_is_plain()); }

TEST_CASE("what the check looks for is there: one rounding and two differ") {
  const float x = 1.000244140625F;
  volatile float square = x * x;
  CHECK(std::fma(x, x, -square) != 0.0F);
}
