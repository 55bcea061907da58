// SPDX-License-Identifier: BSL-1.0
#include "mote/learn/last_layers.hpp"

#include <catch2/catch_test_macros.hpp>

TEST_CASE("last_layers: the first layer that learns, for every number of layers", "[learn]") {
  for (std::size_t layers = 1; layers < 9; ++layers) {
    const mote::shape s{.layers = layers};
    const auto expected = [&](std::size_t last) { return last >= layers ? 0 : layers - last; };
    CHECK(mote::last_layers<1>::first_layer(s) == expected(1));
    CHECK(mote::last_layers<2>::first_layer(s) == expected(2));
    CHECK(mote::last_layers<8>::first_layer(s) == expected(8));
  }
  STATIC_REQUIRE(mote::last_layers<3>::goes_back);
}
