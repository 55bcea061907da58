// SPDX-License-Identifier: BSL-1.0
// A team of threads: every part once a round, whether its members spin, sleep, are refused by the system or are asked
// from within; what one part wrote, the caller reads.
#include "mote/policy/threads.hpp"

#include <catch2/catch_test_macros.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <numeric>
#include <set>
#include <thread>
#include <vector>

namespace {

constexpr mote::threads_knobs sleepy{.spins = 0};
template <std::size_t N, mote::threads_knobs Knobs = mote::threads_knobs{}>
using team_of = typename mote::threads<N, Knobs>::team;

/// Rounds in which each part counts its own calls without atomics: a race or a lost part shows in the counts.
template <class Team>
void check_rounds(Team& team, std::size_t parts, std::size_t rounds) {
  REQUIRE(team.size() == parts);
  std::vector<std::size_t> calls(parts);
  std::size_t wrong_parts = 0;
  std::size_t late = 0;
  for (std::size_t round = 1; round <= rounds; ++round) {
    team.run([&](std::size_t part, std::size_t count) {
      if (part == 0 && count != parts) ++wrong_parts;
      ++calls[part];
    });
    for (const std::size_t c : calls) late += c == round ? 0U : 1U;
  }
  CHECK(wrong_parts == 0);
  CHECK(late == 0);
}

/// Static on purpose: a pipeline lies in .bss, zero until it is attached.
team_of<3> in_bss;

}  // namespace

TEST_CASE("threads: the policy", "[threads]") {
  STATIC_REQUIRE(mote::fills<mote::threads<2>, mote::slots::threads>);
  STATIC_REQUIRE(mote::threads<4>::parts == 4);
  STATIC_REQUIRE(team_of<4>::worth_splitting(32768));
  STATIC_REQUIRE(!team_of<4>::worth_splitting(32767));
  STATIC_REQUIRE(!std::is_copy_constructible_v<team_of<2>>);
}

TEST_CASE("threads: every part runs exactly once a round", "[threads]") {
  team_of<2> two;
  two.start();
  check_rounds(two, 2, 100000);
  team_of<4> four;
  four.start();
  check_rounds(four, 4, 5000);
  team_of<9> more_than_cores;
  more_than_cores.start();
  check_rounds(more_than_cores, 9, 500);
}

TEST_CASE("threads: members that sleep are woken, and the caller sleeps while they work", "[threads]") {
  team_of<3, sleepy> team;
  team.start();
  check_rounds(team, 3, 3000);
  for (int i = 0; i < 5; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(3));  // the helpers are asleep now
    bool done = false;
    team.run([&](std::size_t part, std::size_t) {
      if (part != 2) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(3));  // and now the caller is
      done = true;
    });
    CHECK(done);
  }
  team_of<2> spinning;  // outlives its spins
  spinning.start();
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  check_rounds(spinning, 2, 100);
}

TEST_CASE("threads: parts run on different threads, part 0 on the caller's", "[threads]") {
  team_of<4> team;
  team.start();
  std::vector<std::thread::id> who(4);
  for (int round = 0; round < 3; ++round) {
    std::vector<std::thread::id> now(4);
    team.run([&](std::size_t part, std::size_t) { now[part] = std::this_thread::get_id(); });
    CHECK(now[0] == std::this_thread::get_id());
    CHECK(std::set<std::thread::id>(now.begin(), now.end()).size() == 4);
    CHECK((round == 0 || who == now));
    who = now;
  }
}

TEST_CASE("threads: until it starts, after it stops, the caller does all", "[threads]") {
  CHECK(in_bss.size() == 1);
  check_rounds(in_bss, 1, 10);
  in_bss.start();
  in_bss.start();  // once is enough
  check_rounds(in_bss, 3, 1000);
  in_bss.stop();
  in_bss.stop();
  check_rounds(in_bss, 1, 10);
  in_bss.start();
  check_rounds(in_bss, 3, 1000);
}  // and its destructor stops it when the program ends

TEST_CASE("threads: teams do not disturb each other", "[threads]") {
  team_of<2> a;
  team_of<3, sleepy> b;
  a.start();
  b.start();
  std::vector<std::size_t> seen(5);
  for (std::size_t round = 0; round < 2000; ++round) {
    a.run([&](std::size_t part, std::size_t) { ++seen[part]; });
    b.run([&](std::size_t part, std::size_t) { ++seen[2 + part]; });
  }
  CHECK(seen == std::vector<std::size_t>(5, 2000));

  // And from two threads at once, each with its own team, one of them within the other's part.
  std::vector<std::size_t> inner(3);
  a.run([&](std::size_t part, std::size_t) {
    if (part == 1)
      for (int i = 0; i < 100; ++i) b.run([&](std::size_t p, std::size_t) { ++inner[p]; });
  });
  CHECK(inner == std::vector<std::size_t>(3, 100));
}

TEST_CASE("threads: a call from within is done whole by the part that asks", "[threads]") {
  team_of<4> team;
  team.start();
  for (int round = 0; round < 200; ++round) {
    std::vector<std::size_t> inner(4);
    bool whole = true;
    std::atomic<bool> asked_alone{true};
    team.run([&](std::size_t part, std::size_t) {
      team.run([&](std::size_t p, std::size_t parts) {
        ++inner[part];
        if (p != 0 || parts != 1) asked_alone = false;
      });
    });
    for (const std::size_t i : inner) whole = whole && i == 1;
    REQUIRE(whole);
    REQUIRE(asked_alone);
  }
}

TEST_CASE("threads: a part of a sum that each writes for itself is there when run returns", "[threads]") {
  team_of<4> team;
  team.start();
  std::vector<std::uint32_t> numbers(100003);
  std::iota(numbers.begin(), numbers.end(), 1U);
  std::vector<std::uint32_t> squares(numbers.size());
  for (std::uint32_t round = 0; round < 20; ++round) {
    team.run([&](std::size_t part, std::size_t parts) {
      const mote::part_range r = mote::part_of(numbers.size(), part, parts);
      for (std::size_t i = r.first; i < r.last; ++i) squares[i] = numbers[i] * numbers[i] + round;
    });
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < numbers.size(); ++i) wrong += squares[i] == numbers[i] * numbers[i] + round ? 0U : 1U;
    REQUIRE(wrong == 0);
  }
}

TEST_CASE("threads: teams come and go", "[threads]") {
  for (int i = 0; i < 200; ++i) {
    const auto team = std::make_unique<team_of<3>>();
    team->start();
    if (i % 2 == 0) check_rounds(*team, 3, 5);
  }
}
