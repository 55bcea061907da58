// SPDX-License-Identifier: BSL-1.0
// The guard itself: what it overwrites when, and that it finds each of the ways in which a life can be too short.
#include "mote/core/arena_guard.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <vector>

#include "../core/sound_plan.hpp"
#include "watched.hpp"

namespace {

using mote::lifetime;
using mote_tests::plan_apart;
using mote_tests::watched;

// a loop of the operations 1 and 2 between 0 and 3
constexpr std::array<lifetime, 4> tensors{{{64, 0, 3},    // outlives the loop
                                           {64, 1, 2},    // of one round
                                           {64, 2, 2},    // of one operation
                                           {64, 1, 3}}};  // made anew in each round; the last is read behind it
constexpr auto plan = plan_apart(tensors);

struct arena {
  std::vector<std::byte> bytes = std::vector<std::byte>(plan.bytes, std::byte{7});
  mote::arena_guard<4> guard{bytes.data(), plan};
  void write(std::size_t tensor) {
    std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(plan[tensor]), 64, std::byte{7});
  }
  /// Which tensors are poison, as digits.
  int poisoned() const {
    int found = 0;
    for (std::size_t i = 0; i < 4; ++i) {
      const auto* at = bytes.data() + plan[i];
      const bool all = std::all_of(at, at + 64, [](std::byte b) { return b == std::byte{0xFF}; });
      const bool none = std::all_of(at, at + 64, [](std::byte b) { return b == std::byte{7}; });
      REQUIRE((all || none));
      found = found * 10 + (all ? 1 : 0);
    }
    return found;
  }
};

}  // namespace

TEST_CASE("the guard poisons what is not carried into an operation, and again where a loop turns") {
  const watched quiet;
  arena a;
  a.guard.enter(0);
  CHECK(a.poisoned() == 1111);
  a.write(0);
  for (int round = 0; round < 3; ++round) {
    a.guard.enter(1);
    CHECK(a.poisoned() == 111);
    a.write(1);
    a.write(3);
    a.guard.enter(2);
    CHECK(a.poisoned() == 10);
    a.write(2);
  }
  a.guard.enter(3);
  CHECK(a.poisoned() == 110);
  a.guard.leave();
  CHECK(quiet.faults() == 0);
}

TEST_CASE("the guard finds what is written outside its life, before it and behind it") {
  for (const auto& [tensor, operation] : {std::array{1, 0}, {2, 0}, {2, 1}, {3, 0}, {1, 3}, {2, 3}}) {
    CAPTURE(tensor, operation);
    const watched seen;
    arena a;
    for (int now = 0; now < 4; ++now) {
      a.guard.enter(now);
      if (now == operation) a.write(static_cast<std::size_t>(tensor));
    }
    a.guard.leave();
    CHECK(seen.faults() == 1);
    CHECK(mote::arena_watch::tensor == static_cast<std::size_t>(tensor));
    CHECK(mote::arena_watch::operation == operation);
  }
}

TEST_CASE("several operations in one call: poisoned as for the first, watched for all of them") {
  const watched seen;
  arena a;
  a.guard.enter(0);
  a.write(0);
  a.guard.enter(1, 2);
  CHECK(a.poisoned() == 111);
  a.write(2);
  a.write(3);
  a.guard.enter(3);
  a.guard.leave();
  CHECK(seen.faults() == 0);
}

TEST_CASE("bytes that a live tensor covers are neither poisoned nor watched; a pass that is over is not watched") {
  constexpr std::array<lifetime, 3> shared{{{128, 0, 1}, {64, 2, 2}, {192, 3, 3}}};
  constexpr auto packed = mote::plan_arena(shared);
  STATIC_CHECK(packed.bytes == 192);
  const watched seen;
  std::vector<std::byte> bytes(packed.bytes);
  mote::arena_guard<3> guard(bytes.data(), packed);
  guard.enter(0);
  std::fill_n(bytes.begin(), 128, std::byte{7});
  guard.enter(1);
  CHECK(std::count(bytes.begin(), bytes.end(), std::byte{7}) == 128);
  guard.enter(2);
  CHECK(std::count(bytes.begin(), bytes.end(), std::byte{0xFF}) == 192);
  std::fill_n(bytes.begin(), 64, std::byte{7});
  guard.leave();
  std::fill(bytes.begin(), bytes.end(), std::byte{9});
  guard.enter(0);
  guard.leave();
  CHECK(seen.faults() == 0);

  mote::arena_watch::on = false;
  std::fill(bytes.begin(), bytes.end(), std::byte{9});
  guard.enter(0);
  guard.enter(3);
  guard.leave();
  CHECK(std::count(bytes.begin(), bytes.end(), std::byte{9}) == 192);
}
