// SPDX-License-Identifier: BSL-1.0
#include "mote/kernel/finite.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <limits>
#include <vector>

namespace {
constexpr float inf = std::numeric_limits<float>::infinity();
}

TEST_CASE("are_finite: one number that is none is found wherever it stands") {
  for (const std::size_t n : {1U, 4U, 15U, 16U, 17U, 40U, 64U, 300U})
    for (std::size_t i = 0; i < n; ++i) {
      std::vector<float> x(n, 0.5F);
      REQUIRE(mote::are_finite(x.data(), n));
      for (const float v : {NAN, -NAN, inf, -inf}) {
        x[i] = v;
        REQUIRE(!mote::are_finite(x.data(), n));
        x[(i + 1) % n] = -v;
        REQUIRE(!mote::are_finite(x.data(), n));
        x[(i + 1) % n] = 0.5F;
      }
      for (const float v : {3e38F, -3e38F, 1e-45F}) {
        x[i] = v;
        REQUIRE(mote::are_finite(x.data(), n));
      }
    }
}

TEST_CASE("admit: what attention is given is finite, and the token that was not says so") {
  const float evil[] = {NAN, inf, -inf, 2e38F, -1e16F};
  for (std::size_t which = 0; which < 4; ++which)
    for (const float v : evil) {
      std::vector<float> query(24, 1.0F), key(12, 2.0F), value(12, 3.0F), x(24, 4.0F);
      if (which == 0) query[23] = v;
      if (which == 1) key[11] = v;
      if (which == 2) value[0] = v;
      const bool good = mote::admit(query.data(), 24, key.data(), value.data(), 12, x.data());
      CHECK(good == (which == 3));
      CHECK(mote::is_finite(x[0]) == good);
      for (std::size_t i = 1; i < 24; ++i) CHECK(x[i] == 4.0F);
      for (const float q : query) CHECK(q == (good ? 1.0F : 0.0F));
      for (const float k : key) CHECK(k == (good ? 2.0F : 0.0F));
      for (const float k : value) CHECK(k == (good ? 3.0F : 0.0F));
    }
}
