// SPDX-License-Identifier: BSL-1.0
// Parts of a count: nothing twice, nothing left out, sizes that differ by one at most; and a team of one that melts.
#include "mote/core/team.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <limits>
#include <type_traits>

TEST_CASE("team: parts follow each other, cover everything and differ by one at most", "[core]") {
  for (std::size_t count = 0; count < 200; ++count)
    for (std::size_t parts = 1; parts <= 17; ++parts) {
      std::size_t next = 0;
      std::size_t least = count + 1;
      std::size_t most = 0;
      for (std::size_t part = 0; part < parts; ++part) {
        const mote::part_range r = mote::part_of(count, part, parts);
        REQUIRE(r.first == next);
        REQUIRE(r.last >= r.first);
        next = r.last;
        least = r.count() < least ? r.count() : least;
        most = r.count() > most ? r.count() : most;
      }
      REQUIRE(next == count);
      REQUIRE(most - least <= 1);
    }
}

TEST_CASE("team: the largest count does not wrap", "[core]") {
  constexpr std::size_t all = std::numeric_limits<std::size_t>::max();
  STATIC_REQUIRE(mote::part_of(all, 0, 64).first == 0);
  STATIC_REQUIRE(mote::part_of(all, 63, 64).last == all);
  STATIC_REQUIRE(mote::part_of(all, 31, 64).last == mote::part_of(all, 32, 64).first);
}

TEST_CASE("team: one thread is a call of the function, and takes no byte", "[core]") {
  STATIC_REQUIRE(mote::policy<mote::single_thread>);
  STATIC_REQUIRE(mote::fills<mote::single_thread, mote::slots::threads>);
  STATIC_REQUIRE(std::is_empty_v<mote::single_thread::team>);
  STATIC_REQUIRE(!mote::single_thread::team::worth_splitting(1U << 30U));
  constexpr int calls = [] {
    int n = 0;
    mote::single_thread::team::run(
        [&](std::size_t part, std::size_t parts) { n += part == 0 && parts == 1 ? 1 : 100; });
    return n;
  }();
  STATIC_REQUIRE(calls == 1);
}
