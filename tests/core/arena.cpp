// SPDX-License-Identifier: BSL-1.0
#include "mote/core/arena.hpp"

#include <algorithm>
#include <array>
#include <catch2/catch_test_macros.hpp>
#include <cstddef>
#include <numeric>

#include "mote/core/rng.hpp"

namespace {

using mote::lifetime;

bool live_together(const lifetime& a, const lifetime& b) { return a.first <= b.last && b.first <= a.last; }

/// What no plan can beat: the most that is alive at once. `step` is the grain in which tensors are placed.
template <std::size_t N>
std::size_t lower_bound(const std::array<lifetime, N>& tensors, std::size_t step) {
  std::size_t most = 0;
  for (const lifetime& now : tensors) {  // the sum only grows where a tensor is born
    std::size_t sum = 0;
    for (const lifetime& t : tensors)
      if (t.first <= now.first && now.first <= t.last) sum += mote::round_up(t.bytes, step);
    most = std::max(most, sum);
  }
  return most;
}

/// Two tensors that live at the same time share no byte, and all lie inside the block on their alignment.
template <std::size_t N>
void require_sound(const std::array<lifetime, N>& tensors, const mote::arena_plan<N>& plan) {
  for (std::size_t i = 0; i < N; ++i) {
    CAPTURE(i);
    REQUIRE(plan[i] % mote::arena_alignment == 0);
    REQUIRE(plan[i] + tensors[i].bytes <= plan.bytes);
    for (std::size_t j = i + 1; j < N; ++j) {
      CAPTURE(j);
      const bool apart = plan[i] + tensors[i].bytes <= plan[j] || plan[j] + tensors[j].bytes <= plan[i];
      REQUIRE((apart || !live_together(tensors[i], tensors[j])));
    }
  }
}

/// The best there is: every order of placing each tensor as low as it goes. An optimal plan, sorted by offset, is one
/// of these orders.
template <std::size_t N>
std::size_t optimum(const std::array<lifetime, N>& tensors) {
  std::array<std::size_t, N> order{};
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::size_t best = mote::too_big;
  do {
    std::array<std::size_t, N> offset{};
    std::size_t bytes = 0;
    for (std::size_t k = 0; k < N; ++k) {
      const std::size_t i = order[k];
      std::size_t at = 0;
      for (bool again = true; again;) {
        again = false;
        for (std::size_t l = 0; l < k; ++l) {
          const std::size_t j = order[l];
          if (!live_together(tensors[i], tensors[j])) continue;
          if (at < offset[j] + tensors[j].bytes && offset[j] < at + tensors[i].bytes) {
            at = mote::round_up(offset[j] + tensors[j].bytes, mote::arena_alignment);
            again = true;
          }
        }
      }
      offset[i] = at;
      bytes = std::max(bytes, at + tensors[i].bytes);
    }
    best = std::min(best, mote::round_up(bytes, mote::arena_alignment));
  } while (std::next_permutation(order.begin(), order.end()));
  return best;
}

template <std::size_t N>
std::array<lifetime, N> random_tensors(mote::rng& random, std::uint32_t most_bytes, std::uint32_t steps) {
  std::array<lifetime, N> tensors{};
  for (lifetime& t : tensors) {
    t.bytes = random.below(most_bytes) + 1;
    t.first = static_cast<int>(random.below(steps));
    t.last = t.first + static_cast<int>(random.below(steps));
  }
  return tensors;
}

}  // namespace

TEST_CASE("tensors of different times share memory, tensors of one time do not", "[core][arena]") {
  constexpr auto apart = mote::plan_arena(std::array<lifetime, 2>{{{640, 0, 1}, {320, 2, 3}}});
  STATIC_CHECK(apart.bytes == 640);
  STATIC_CHECK(apart[0] == 0);
  STATIC_CHECK(apart[1] == 0);

  // The last operation of one is the first of the other: it reads one while it writes the other.
  constexpr auto touching = mote::plan_arena(std::array<lifetime, 2>{{{640, 0, 2}, {320, 2, 3}}});
  STATIC_CHECK(touching.bytes == 960);
  STATIC_CHECK(touching[0] == 0);
  STATIC_CHECK(touching[1] == 640);
}

TEST_CASE("the edges of a plan", "[core][arena]") {
  STATIC_CHECK(mote::plan_arena(std::array<lifetime, 0>{}).bytes == 0);
  STATIC_CHECK(mote::plan_arena(std::array<lifetime, 1>{{{1, 0, 0}}}).bytes == mote::arena_alignment);
  STATIC_CHECK(mote::plan_arena(std::array<lifetime, 2>{{{0, 0, 9}, {100, 0, 9}}}).bytes == 128);
  // A hole that a shorter life leaves is filled.
  constexpr std::array<lifetime, 4> hole{{{256, 0, 0}, {128, 0, 3}, {192, 1, 1}, {64, 1, 1}}};
  constexpr auto plan = mote::plan_arena(hole);
  STATIC_CHECK(plan.bytes == 384);
  require_sound(hole, plan);
}

TEST_CASE("no two live tensors overlap, whatever the sizes", "[core][arena]") {
  mote::rng random(1);
  for (int round = 0; round < 400; ++round) {
    const auto tensors = random_tensors<24>(random, 5000, 12);
    const auto plan = mote::plan_arena(tensors);
    CAPTURE(round);
    require_sound(tensors, plan);
    REQUIRE(plan.bytes >= lower_bound(tensors, 1));
  }
}

TEST_CASE("a tensor that rests lends its bytes, and is not there in between", "[core][arena]") {
  constexpr std::uint64_t second = 2;
  constexpr std::array<lifetime, 3> tensors{{{128, 0, 2, second}, {128, 1, 1}, {64, 0, 2}}};
  constexpr auto plan = mote::plan_arena(tensors);
  STATIC_CHECK(plan[0] == plan[1]);
  STATIC_CHECK(plan.bytes == 192);
  STATIC_CHECK(tensors[0].operations() == 5);
  STATIC_CHECK(tensors[0].lives(0, 1));
  STATIC_CHECK(!tensors[0].lives(1, 1));
  STATIC_CHECK(!tensors[0].carried_into(2));  // what it held is lost
  STATIC_CHECK(tensors[2].carried_into(1));
  STATIC_CHECK(tensors[2].carried_into(2));
  STATIC_CHECK(!tensors[2].carried_into(0));
  STATIC_CHECK(!tensors[2].carried_into(3));
  STATIC_CHECK(lifetime{1, 0, 63}.operations() == ~std::uint64_t{0});
  STATIC_CHECK(lifetime{1, 63, 63}.operations() == std::uint64_t{1} << 63U);
}

TEST_CASE("the plan is close to the best there is", "[core][arena]") {
  mote::rng random(2);
  double worst = 1, sum = 0;
  constexpr int rounds = 200;
  for (int round = 0; round < rounds; ++round) {
    const auto tensors = random_tensors<6>(random, 5000, 8);
    const auto plan = mote::plan_arena(tensors);
    const std::size_t best = optimum(tensors);
    require_sound(tensors, plan);
    REQUIRE(best >= lower_bound(tensors, 1));
    REQUIRE(plan.bytes >= best);
    const double ratio = static_cast<double>(plan.bytes) / static_cast<double>(best);
    worst = std::max(worst, ratio);
    sum += ratio;
  }
  INFO("worst " << worst << ", mean " << sum / rounds);
  CHECK(worst <= 1.2);
  CHECK(sum / rounds <= 1.02);
}

TEST_CASE("a training step of a small decoder is planned within a tenth of the lower bound", "[core][arena]") {
  // dim 64, hidden 172, 5 blocks, 64 tokens, one block recomputed at a time: residuals kept from the forward to the
  // backward pass of their block, everything else for one block only.
  constexpr int blocks = 5;
  constexpr std::size_t tokens = 64, dim = 64, hidden = 172, word = 4;
  std::array<lifetime, blocks * 8 + 2> tensors{};
  std::size_t n = 0;
  constexpr int end = 8 * blocks + 1;
  for (int block = 0; block < blocks; ++block) {
    const int forward = 4 * block, backward = end - 4 * block;
    tensors[n++] = {tokens * dim * word, forward, backward};                  // the block's input
    tensors[n++] = {tokens * dim * word, forward, forward + 1};               // normed
    tensors[n++] = {tokens * 2 * dim * word, forward + 1, forward + 2};       // query, key, value
    tensors[n++] = {tokens * tokens * word, forward + 2, forward + 2};        // attention of one head
    tensors[n++] = {tokens * 2 * hidden * word, forward + 3, forward + 3};    // gate and up
    tensors[n++] = {tokens * 2 * hidden * word, backward - 3, backward - 2};  // the same again, recomputed
    tensors[n++] = {tokens * 2 * dim * word, backward - 2, backward};         // gradients of query, key, value
    tensors[n++] = {tokens * dim * word, backward - 3, backward};             // gradient of the residual
  }
  tensors[n++] = {512 * word, end / 2, end / 2};  // logits of one token
  tensors[n++] = {4480 * word, 0, end};           // the adapter's gradient
  REQUIRE(n == tensors.size());

  const auto plan = mote::plan_arena(tensors);
  require_sound(tensors, plan);
  const std::size_t least = lower_bound(tensors, 1);
  std::size_t all = 0;
  for (const lifetime& t : tensors) all += t.bytes;
  INFO("plan " << plan.bytes << ", lower bound " << least << ", one after another " << all);
  CHECK(plan.bytes * 10 <= least * 11);
  CHECK(plan.bytes * 3 <= all);
}
