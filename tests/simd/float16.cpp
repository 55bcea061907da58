// SPDX-License-Identifier: BSL-1.0
#include "mote/simd/float16.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <bit>
#include <cmath>
#include <cstdint>
#include <type_traits>

#include "mote/core/rng.hpp"

namespace {

/// What IEEE 754 says a binary16 means.
double binary16(std::uint16_t h) {
  const int exponent = (h >> 10) & 31;
  const double fraction = h & 1023;
  const double magnitude = exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(1024 + fraction, exponent - 25);
  return (h & 0x8000U) != 0 ? -magnitude : magnitude;
}
bool finite16(std::uint16_t h) { return (h & 0x7C00U) != 0x7C00U; }
bool number16(std::uint16_t h) { return (h & 0x7FFFU) <= 0x7C00U; }

}  // namespace

TEST_CASE("every binary16 decodes to its meaning, and back to itself") {
  bool same = true;
  for (std::uint32_t i = 0; i < 65536; ++i) {
    const auto h = static_cast<std::uint16_t>(i);
    const float f = mote::simd::from_binary16(h);
    if (finite16(h)) {
      same = same && static_cast<double>(f) == binary16(h) && std::signbit(f) == ((h & 0x8000U) != 0);
      same = same && mote::simd::to_binary16(f) == h;
    } else if (number16(h)) {
      same = same && std::isinf(f) && std::signbit(f) == ((h & 0x8000U) != 0);
    } else {
      same = same && std::isnan(f);
    }
  }
  CHECK(same);
}

TEST_CASE("a float becomes the nearest binary16, ties to even") {
  bool right = true;
  for (std::uint32_t i = 0; i < 0x7BFFU; ++i) {  // between each finite one and the next
    const auto low = static_cast<std::uint16_t>(i);
    const auto high = static_cast<std::uint16_t>(i + 1);
    const double middle = (binary16(low) + binary16(high)) / 2;
    const auto tie = static_cast<float>(middle);  // exact: one bit more than a half
    right = right && mote::simd::to_binary16(tie) == (low % 2 == 0 ? low : high);
    right = right && mote::simd::to_binary16(std::nextafterf(tie, 0.0F)) == low;
    right = right && mote::simd::to_binary16(std::nextafterf(tie, 1e9F)) == high;
    right = right && mote::simd::to_binary16(-tie) == ((low % 2 == 0 ? low : high) | 0x8000U);
  }
  CHECK(right);
  CHECK(mote::simd::to_binary16(1e9F) == 0x7BFF);
  CHECK(mote::simd::to_binary16(-INFINITY) == 0xFBFF);
  CHECK(mote::simd::to_binary16(NAN) == 0);
  CHECK(mote::simd::to_binary16(-1e-12F) == 0x8000);
}

TEST_CASE("every bfloat16 is the first half of its float; a float becomes the nearest, ties to even") {
  bool same = true;
  for (std::uint32_t i = 0; i < 65536; ++i) {
    const auto b = static_cast<std::uint16_t>(i);
    const float f = mote::simd::from_bfloat16(b);
    same = same && std::bit_cast<std::uint32_t>(f) == i << 16U;
    if ((b & 0x7FFFU) >= 0x7F80U) continue;
    same = same && mote::simd::to_bfloat16(f) == b;
    if ((b & 0x7FFFU) == 0x7F7FU) continue;  // beyond the largest there is nothing
    const auto next = static_cast<std::uint16_t>(i + 1);
    const auto between = [&](std::uint32_t low) { return std::bit_cast<float>(i << 16U | low); };
    same = same && mote::simd::to_bfloat16(between(0x7FFF)) == b && mote::simd::to_bfloat16(between(0x8001)) == next;
    same = same && mote::simd::to_bfloat16(between(0x8000)) == (b % 2 == 0 ? b : next);
  }
  CHECK(same);
  CHECK(mote::simd::to_bfloat16(3.4e38F) == 0x7F7F);
  CHECK(mote::simd::to_bfloat16(-INFINITY) == 0xFF7F);
  CHECK(mote::simd::to_bfloat16(NAN) == 0);
}

TEMPLATE_TEST_CASE("vectors of 16-bit floats decode as single ones do, every pattern", "",
                   (std::integral_constant<std::size_t, 1>), (std::integral_constant<std::size_t, 4>),
                   (std::integral_constant<std::size_t, 8>), (std::integral_constant<std::size_t, 16>)) {
  constexpr std::size_t n = TestType::value;
  bool halves = true, pairs = true;
  for (std::uint32_t i = 0; i < 65536; i += n) {
    alignas(4) std::uint16_t bits[2 * n];
    for (std::size_t j = 0; j < n; ++j) {
      bits[2 * j] = static_cast<std::uint16_t>(i + j);
      bits[2 * j + 1] = static_cast<std::uint16_t>(i * 7919U + j * 31U);
    }
    float first[n], second[n];
    mote::simd::floats<n> a, b;
    mote::simd::load_bfloat16_pairs<n>(bits, a, b);
    a.store(first);
    b.store(second);
    for (std::size_t j = 0; j < n; ++j) {
      const auto same = [](float x, float y) {
        return std::bit_cast<std::uint32_t>(x) == std::bit_cast<std::uint32_t>(y) || (std::isnan(x) && std::isnan(y));
      };
      pairs = pairs && same(first[j], mote::simd::from_bfloat16(bits[2 * j])) &&
              same(second[j], mote::simd::from_bfloat16(bits[2 * j + 1]));
    }
    for (std::size_t j = 0; j < n; ++j) bits[j] = static_cast<std::uint16_t>(i + j);
    mote::simd::load_binary16<n>(bits).store(first);
    for (std::size_t j = 0; j < n; ++j) {
      const float expected = mote::simd::from_binary16(bits[j]);
      halves = halves && (std::isnan(expected)
                              ? std::isnan(first[j])
                              : std::bit_cast<std::uint32_t>(first[j]) == std::bit_cast<std::uint32_t>(expected));
    }
  }
  CHECK(halves);
  CHECK(pairs);
}
