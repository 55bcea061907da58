// SPDX-License-Identifier: BSL-1.0
#include "mote/decode/greedy.hpp"

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <limits>
#include <vector>

#include "mote/core/rng.hpp"

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

namespace {

std::size_t plainly(const std::vector<float>& logits) {
  std::size_t best = 0;
  for (std::size_t i = 1; i < logits.size(); ++i)
    if (logits[i] > logits[best]) best = i;
  return best;
}

template <std::size_t Vocab>
void agrees() {
  mote::rng random(Vocab);
  std::vector<float> logits(Vocab);
  for (int round = 0; round < 50; ++round) {
    for (float& x : logits) x = static_cast<float>(static_cast<int>(random.normal() * 3.0F));  // many are equal
    REQUIRE(mote::greedy::state<Vocab>::pick(logits.data()) == plainly(logits));
  }
  for (std::size_t at = 0; at < Vocab; ++at) {  // one that stands out, at every place
    std::vector<float> flat(Vocab, -2.0F);
    flat[at] = -1.0F;
    REQUIRE(mote::greedy::state<Vocab>::pick(flat.data()) == at);
  }
}

}  // namespace

TEST_CASE("greedy picks what a plain loop picks, on both sides of every chunk and vector") {
  agrees<1>();
  agrees<15>();
  agrees<16>();
  agrees<17>();
  agrees<255>();
  agrees<256>();
  agrees<257>();
  agrees<512>();
  agrees<1000>();
}

TEST_CASE("greedy stays within the vocabulary when the model is broken") {
  const std::vector<float> broken(300, std::numeric_limits<float>::quiet_NaN());
  REQUIRE(mote::greedy::state<300>::pick(broken.data()) == 0);
}
