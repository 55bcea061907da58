// SPDX-License-Identifier: BSL-1.0
// Two questions to the lives of a pass, however it states them: do they suffice, and would the guard say so if one of
// them did not?
// Refuses to know the pass: it is a function of a plan that gives bits.
#pragma once

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "../core/sound_plan.hpp"
#include "watched.hpp"

namespace mote_tests {

/// The pass gives one answer: in memory that nothing shares and nobody poisons, there under the guard, and in the arena
/// as planned, whatever lies where a tensor is dead. And no tensor is written where it is dead.
template <std::size_t N, class Pass>
void check_poisoned(const std::array<mote::lifetime, N>& lives, Pass pass) {
  const auto planned = mote::plan_arena(lives);
  const auto apart = plan_apart(lives);
  REQUIRE(sound(lives, planned));
  REQUIRE(sound(lives, apart));
  std::vector<std::uint32_t> expected;
  for (const int pattern : patterns) {
    CAPTURE(pattern);
    const watched now(pattern);
    const auto alone = pass(apart);
    const auto together = pass(planned);
    if (expected.empty()) expected = alone;
    REQUIRE(!expected.empty());
    CHECK((alone == expected));
    CHECK((together == expected));
    INFO("tensor " << mote::arena_watch::tensor << " in operation " << mote::arena_watch::operation);
    CHECK(now.faults() == 0);
  }
}

/// One end of a tensor's life.
struct end {
  std::size_t tensor;
  bool last;
  bool operator==(const end&) const = default;
};

/// Each life, one operation shorter at either end (what lives in one alone: moved to its neighbour), is found out, but for
/// `unseen`: those that are longer than they must be, or end inside a call that no announcement divides.
template <std::size_t N, class Pass>
void check_shortened(const std::array<mote::lifetime, N>& lives, const std::vector<end>& unseen, Pass pass) {
  std::vector<std::uint32_t> expected;
  {
    const watched now(-1);
    expected = pass(plan_apart(lives));
  }
  for (std::size_t tensor = 0; tensor < N; ++tensor) {
    if (lives[tensor].bytes == 0) continue;
    for (const bool last : {false, true}) {
      auto shorter = lives;
      mote::lifetime& t = shorter[tensor];
      const bool moved = t.first == t.last;
      if (moved && last && t.first == 0) continue;  // nothing is before the first operation
      if (!last || moved) t.first += last ? -1 : 1;
      if (last || moved) t.last += last ? -1 : 1;
      const watched now;
      const bool found = pass(plan_apart(shorter)) != expected || now.faults() > 0;
      CAPTURE(tensor, last);
      CHECK(found == (std::find(unseen.begin(), unseen.end(), end{tensor, last}) == unseen.end()));
    }
  }
}

}  // namespace mote_tests
