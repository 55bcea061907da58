// SPDX-License-Identifier: BSL-1.0
#include "mote/core/log.hpp"

#include <bit>
#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <cstdint>
#include <limits>

#include "mote/core/checksum.hpp"
#include "mote/core/rng.hpp"

namespace {

// The error of `got` in units of the last place of a float near `want`.
double error_in_ulp(float got, double want) {
  const double unit = std::ldexp(1.0, std::ilogb(want) - 23);
  return std::abs(static_cast<double>(got) - want) / unit;
}

}  // namespace

TEST_CASE("natural_log agrees with the library's double logarithm", "[core][log]") {
  mote::rng random(7);
  double worst = 0.0;
  for (int i = 0; i < 400'000; ++i) {
    const std::uint32_t bits = random.below(0x7F7FFFFF) + 1;  // every positive finite float, subnormals included
    const auto x = std::bit_cast<float>(bits);
    if (x != 1.0F) worst = std::fmax(worst, error_in_ulp(mote::natural_log(x), std::log(static_cast<double>(x))));
  }
  for (int i = 0; i < 400'000; ++i) {
    const float x = 0.5F + 1.5F * random.uniform();  // around one, where the result is small
    if (x != 1.0F) worst = std::fmax(worst, error_in_ulp(mote::natural_log(x), std::log(static_cast<double>(x))));
  }
  INFO("worst error in ulp: " << worst);
  CHECK(worst > 0.0);
  CHECK(worst < 2.0);  // 2.4e-7 relative
}

TEST_CASE("log_one_plus agrees with log1p where 1 + x would lose x", "[core][log]") {
  mote::rng random(8);
  double worst = 0.0;
  for (int i = 0; i < 800'000; ++i) {
    const int exponent = static_cast<int>(random.below(60)) - 40;
    float x = std::ldexp(0.5F + 0.5F * random.uniform(), exponent);
    if (i % 2 == 0 && x < 1.0F) x = -x;
    worst = std::fmax(worst, error_in_ulp(mote::log_one_plus(x), std::log1p(static_cast<double>(x))));
  }
  INFO("worst error in ulp: " << worst);
  CHECK(worst > 0.0);
  CHECK(worst < 2.0);
}

TEST_CASE("the edges of the logarithm are those of <cmath>", "[core][log]") {
  constexpr float infinity = std::numeric_limits<float>::infinity();
  CHECK(mote::natural_log(1.0F) == 0.0F);
  CHECK(mote::natural_log(0.0F) == -infinity);
  CHECK(mote::natural_log(-0.0F) == -infinity);
  CHECK(std::isnan(mote::natural_log(-1.0F)));
  CHECK(std::isnan(mote::natural_log(std::numeric_limits<float>::quiet_NaN())));
  CHECK(mote::natural_log(infinity) == infinity);
  CHECK(mote::log_one_plus(0.0F) == 0.0F);
  CHECK(mote::log_one_plus(-1.0F) == -infinity);
  CHECK(std::isnan(mote::log_one_plus(-2.0F)));
  CHECK(mote::log_one_plus(infinity) == infinity);
  CHECK(std::isnan(mote::log_one_plus(std::numeric_limits<float>::quiet_NaN())));
  static_assert(mote::natural_log(1.0F) == 0.0F, "usable in a constant");
}

TEST_CASE("the logarithm has the same bits on every machine", "[core][log][bits]") {
  mote::fingerprint bits;
  mote::rng random(9);
  for (int i = 0; i < 20'000; ++i) {
    const auto x = std::bit_cast<float>(random.below(0x7F7FFFFF) + 1);
    bits.add(std::bit_cast<std::uint32_t>(mote::natural_log(x)));
    bits.add(std::bit_cast<std::uint32_t>(mote::log_one_plus(random.uniform() * 16.0F)));
  }
  CHECK(bits.value() == 0x78300EA554F7E36AULL);
}
