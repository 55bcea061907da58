// SPDX-License-Identifier: BSL-1.0
#include "mote/decode/greedy.hpp"

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <limits>

TEST_CASE("greedy picks the largest, the first of equals") {
  using picker = mote::greedy::state<6>;
  const auto pick = [](std::array<float, 6> logits) { return picker::pick(logits.data()); };
  CHECK(pick({0, 1, 2, 3, 2, 1}) == 3);
  CHECK(pick({7, 1, 7, 7, 2, 7}) == 0);
  CHECK(pick({-3, -1, -2, -1, -9, -1}) == 1);
  CHECK(pick({0, 0, 0, 0, 0, 0}) == 0);
  CHECK(pick({-0.0F, 0.0F, 0, 0, 0, 0}) == 0);  // zeros are equal whatever their sign
  CHECK(pick({-1e38F, -3e38F, -2e38F, -1e37F, -3e38F, 1e-45F}) == 5);
  constexpr float infinite = std::numeric_limits<float>::infinity();
  CHECK(pick({-infinite, -infinite, 1, -infinite, 0, 0}) == 2);
}

TEST_CASE("greedy looks at the vocabulary only") {
  const std::array<float, 6> padded{1, 2, 3, 99, 99, 99};
  CHECK(mote::greedy::state<3>::pick(padded.data()) == 2);
}
