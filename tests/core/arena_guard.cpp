// SPDX-License-Identifier: BSL-1.0
// What the guard finds where it is switched on is tested by the program of tests/poison. Here it is off, and nothing.
#include "mote/core/arena_guard.hpp"

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <cstddef>
#include <type_traits>

#include "mote/block/train.hpp"
#include "mote/family/llama.hpp"

TEST_CASE("a guard that is off is empty, and its calls leave the arena alone", "[core][arena]") {
  STATIC_CHECK(MOTE_POISON_ARENA == 0);
  STATIC_CHECK(std::is_empty_v<mote::arena_guard<3>>);

  constexpr auto plan = mote::plan_arena(std::array<mote::lifetime, 1>{{{64, 1, 1}}});
  STATIC_CHECK(sizeof plan == 2 * sizeof(std::size_t));
  std::array<std::byte, 64> arena{};
  mote::arena_guard<1> guard(arena.data(), plan);
  guard.enter(0);
  guard.enter(1, 2);
  guard.leave();
  CHECK(arena == std::array<std::byte, 64>{});
}
