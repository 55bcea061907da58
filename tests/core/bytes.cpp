// SPDX-License-Identifier: BSL-1.0
#include "mote/core/bytes.hpp"

#include <catch2/catch_test_macros.hpp>
#include <cstddef>
#include <limits>

using namespace mote::literals;

TEST_CASE("units are powers of 1024", "[core][bytes]") {
  STATIC_CHECK(1_KiB == 1024);
  STATIC_CHECK(3_MiB == 3U * 1024 * 1024);
  STATIC_CHECK(0_KiB == 0);
}

TEST_CASE("rounding goes up and only when it must", "[core][bytes]") {
  for (std::size_t step : {1U, 2U, 7U, 64U})
    for (std::size_t n = 0; n < 500; ++n) {
      const std::size_t up = mote::round_up(n, step);
      CAPTURE(n, step);
      REQUIRE(up % step == 0);
      REQUIRE(up >= n);
      REQUIRE(up < n + step);
      REQUIRE(mote::ceil_div(n, step) * step == up);
    }
}

TEST_CASE("sums and products that would wrap are too big, all others are exact", "[core][bytes]") {
  constexpr std::size_t most = std::numeric_limits<std::size_t>::max();
  constexpr std::size_t half = std::size_t{1} << (std::numeric_limits<std::size_t>::digits / 2);
  STATIC_CHECK(mote::checked_add(2, 3) == 5);
  STATIC_CHECK(mote::checked_add(most - 2, 1) == most - 1);
  STATIC_CHECK(mote::checked_add(most, 1) == mote::too_big);
  STATIC_CHECK(mote::checked_add(most - 1, most - 1) == mote::too_big);
  STATIC_CHECK(mote::checked_mul(6, 7) == 42);
  STATIC_CHECK(mote::checked_mul(most, 0) == 0);
  STATIC_CHECK(mote::checked_mul(half, half - 1) == half * (half - 1));
  STATIC_CHECK(mote::checked_mul(half, half) == mote::too_big);
  STATIC_CHECK(mote::checked_mul(most / 2, 3) == mote::too_big);
  // A sum that is already too big stays so when a checked sum goes on with it.
  STATIC_CHECK(mote::checked_add(mote::checked_mul(half, half), 1) == mote::too_big);
}
