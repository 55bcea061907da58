// SPDX-License-Identifier: BSL-1.0
#include "mote/core/rng.hpp"

#include <array>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>
#include <cstdint>

TEST_CASE("the first numbers are those of xorshift64*", "[core][rng]") {
  // From a seed of 1 the 64-bit outputs are 5180492295206395165, 12380297144915551517, 13389498078930870103 ...;
  // we hand out the upper halves.
  constexpr auto first = [] {
    mote::rng random(1);
    return std::array{random.next(), random.next(), random.next(), random.next()};
  }();
  STATIC_CHECK(first[0] == 5180492295206395165ULL >> 32U);
  STATIC_CHECK(first[1] == 12380297144915551517ULL >> 32U);
  STATIC_CHECK(first[2] == 13389498078930870103ULL >> 32U);
  STATIC_CHECK(first[3] == 5599127315341312413ULL >> 32U);
}

TEST_CASE("a seed of zero is the default seed, not a generator that stands still", "[core][rng]") {
  mote::rng zero(0);
  mote::rng unseeded;
  for (int i = 0; i < 100; ++i) {
    const std::uint32_t n = zero.next();
    REQUIRE(n == unseeded.next());
    REQUIRE(zero.state() != 0);
  }
  mote::rng one(1);
  CHECK(zero.next() != one.next());
}

TEST_CASE("a generator goes on from its state", "[core][rng]") {
  mote::rng a(42);
  for (int i = 0; i < 17; ++i) a.next();
  mote::rng b(a.state());
  for (int i = 0; i < 17; ++i) REQUIRE(a.next() == b.next());
}

TEST_CASE("uniform numbers fill [0, 1) evenly", "[core][rng]") {
  mote::rng random(3);
  std::array<int, 10> tenths{};
  for (int i = 0; i < 100'000; ++i) {
    const float u = random.uniform();
    REQUIRE(u >= 0.0F);
    REQUIRE(u < 1.0F);
    ++tenths[static_cast<std::size_t>(u * 10)];
  }
  for (int n : tenths) {  // 10000 expected, standard deviation 95
    CHECK(n > 9500);
    CHECK(n < 10500);
  }
}

TEST_CASE("below(n) reaches every number below n and no other", "[core][rng]") {
  mote::rng random(4);
  std::array<int, 7> seen{};
  for (int i = 0; i < 7000; ++i) {
    const std::uint32_t n = random.below(7);
    REQUIRE(n < 7);
    ++seen[n];
  }
  for (int n : seen) CHECK(n > 850);
  for (int i = 0; i < 100; ++i) REQUIRE(random.below(1) == 0);
  for (int i = 0; i < 100; ++i) REQUIRE(random.below(0xFFFFFFFFU) < 0xFFFFFFFFU);
}

TEST_CASE("normal numbers have mean 0 and variance 1", "[core][rng]") {
  mote::rng random(5);
  double sum = 0, squares = 0;
  constexpr int count = 100'000;
  for (int i = 0; i < count; ++i) {
    const auto x = static_cast<double>(random.normal());
    REQUIRE(x >= -6.0);
    REQUIRE(x <= 6.0);
    sum += x;
    squares += x * x;
  }
  CHECK_THAT(sum / count, Catch::Matchers::WithinAbs(0.0, 0.02));
  CHECK_THAT(squares / count, Catch::Matchers::WithinAbs(1.0, 0.02));
}
