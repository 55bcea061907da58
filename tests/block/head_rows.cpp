// SPDX-License-Identifier: BSL-1.0
#include "mote/block/head_rows.hpp"

#include <catch2/catch_test_macros.hpp>

#include <array>

TEST_CASE("head_rows: a stretch of rows is computed if a bit of it is set", "[block]") {
  for (std::size_t token = 0; token < 96; ++token) {
    std::array<std::uint32_t, 3> bits{};
    bits[token / 32] = 1U << token % 32;
    const mote::head_rows rows{bits.data(), 1};
    for (const std::size_t together : {1U, 2U, 4U, 8U, 16U, 32U})
      for (std::size_t first = 0; first < 96; first += together)
        REQUIRE(rows.any(first, together) == (token >= first && token < first + together));
  }
}

TEST_CASE("head_rows: fewer than a quarter are few", "[block]") {
  CHECK(mote::head_rows{nullptr, 24}.few(100));
  CHECK(!mote::head_rows{nullptr, 25}.few(100));
  CHECK(!mote::head_rows{nullptr, 0}.few(3));
}
