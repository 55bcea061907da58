// SPDX-License-Identifier: BSL-1.0
#include "mote/core/finite.hpp"

#include <catch2/catch_test_macros.hpp>

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

TEST_CASE("finite: numbers, and weights among them") {
  constexpr float inf = std::numeric_limits<float>::infinity();
  for (const float x : {0.0F, -0.0F, 1e-45F, 65504.0F, -65504.0F, 1.0F})
    CHECK((mote::is_finite(x) && mote::is_weight(x)));
  for (const float x : {65504.01F, -65536.0F, 1e20F, 3.4e38F, -3.4e38F})
    CHECK((mote::is_finite(x) && !mote::is_weight(x)));
  for (const float x : {inf, -inf, NAN, -NAN, std::bit_cast<float>(0x7FD5A5A5U), std::bit_cast<float>(0x7F800001U)})
    CHECK((!mote::is_finite(x) && !mote::is_weight(x)));
}

TEST_CASE("finite: one float or half out of bounds is found wherever it stands, at any address") {
  for (const std::size_t n : {1U, 2U, 7U, 16U, 33U}) {
    std::vector<std::byte> bytes(n * 4 + 3);
    for (std::size_t shift = 0; shift < 4; ++shift)
      for (std::size_t i = 0; i < n; ++i)
        for (const std::uint32_t bits : {0x477FE001U, 0xC77FE001U, 0x7F800000U, 0xFFC00000U, 0x7FD5A5A5U}) {
          std::byte* p = bytes.data() + shift;
          REQUIRE(mote::floats_within(p, n));
          std::memcpy(p + i * 4, &bits, 4);
          REQUIRE(!mote::floats_within(p, n));
          const std::uint32_t largest = 0xC77FE000U;
          std::memcpy(p + i * 4, &largest, 4);
          REQUIRE(mote::floats_within(p, n));
          REQUIRE(!mote::floats_within(p, n, 65503.0F));
          std::memset(p + i * 4, 0, 4);
        }
    for (std::size_t i = 0; i < n; ++i) {
      std::byte* p = bytes.data() + 1;
      const auto put = [&](std::uint16_t half) { std::memcpy(p + i * 2, &half, 2); };
      put(0x7C00U);
      REQUIRE(!mote::halves_within(p, n, 0x7BFFU));
      put(0xFE01U);
      REQUIRE(!mote::halves_within(p, n, 0x7BFFU));
      put(0xFBFFU);
      REQUIRE(mote::halves_within(p, n, 0x7BFFU));
      REQUIRE(!mote::halves_within(p, n, 0x7BFFU, 0xFFFFU));  // negative where nothing may be
      REQUIRE(!mote::halves_within(p, n, 0x7BFEU));
      put(0);
    }
  }
}
