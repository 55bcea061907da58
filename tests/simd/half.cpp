// SPDX-License-Identifier: BSL-1.0
#include "mote/simd/half.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <bit>
#include <cmath>
#include <cstdint>

#include "mote/core/rng.hpp"

namespace {

/// A half without its sign, by the definition of IEEE 754 binary16.
double meaning(std::uint32_t h) {
  const int exponent = static_cast<int>(h >> 10U & 31U);
  const double fraction = static_cast<double>(h & 1023U);
  return exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(1024.0 + fraction, exponent - 25);
}

/// The nearest finite half, ties to even, by search.
std::uint32_t nearest_half(double x) {
  std::uint32_t low = 0, high = 0x7BFF;
  while (high - low > 1) {
    const std::uint32_t middle = (low + high) / 2;
    (meaning(middle) <= x ? low : high) = middle;
  }
  if (x >= meaning(high)) return high;
  const double below = x - meaning(low), above = meaning(high) - x;
  if (below != above) return below < above ? low : high;
  return low % 2 == 0 ? low : high;
}

}  // namespace

TEST_CASE("all 65,536 halves decode to their value") {
  bool same = true;
  for (std::uint32_t h = 0; h < 65536; ++h) {
    if ((h & 0x7C00U) == 0x7C00U) continue;  // infinities and NaN: attach() refuses them, no decoder may meet them
    same =
        same && static_cast<double>(mote::simd::half_to_float(static_cast<std::uint16_t>(h))) == meaning(h & 0x7FFFU);
  }
  CHECK(same);
}

TEST_CASE("every half survives the way to float and back") {
  bool same = true;
  for (std::uint32_t h = 0; h < 0x7C00; ++h)
    same = same && mote::simd::float_to_half(mote::simd::half_to_float(static_cast<std::uint16_t>(h))) == h;
  CHECK(same);
}

TEST_CASE("floats round to the nearest half, ties to even") {
  bool same = true;
  const auto check = [&](float x) {
    const bool right = mote::simd::float_to_half(x) == nearest_half(static_cast<double>(x));
    if (!right) UNSCOPED_INFO("wrong for bits " << std::bit_cast<std::uint32_t>(x));
    same = same && right;
  };
  for (std::uint32_t h = 0; h < 0x7BFF; ++h) {  // between two halves: the middle and both sides of it
    const float middle = static_cast<float>((meaning(h) + meaning(h + 1)) / 2);
    check(middle);
    check(std::nextafter(middle, 0.0F));
    check(std::nextafter(middle, 1e9F));
  }
  mote::rng random(5);
  for (int i = 0; i < 200000; ++i) {
    const float x = std::bit_cast<float>(random.next() & 0x7FFFFFFFU);
    if (x < 65504.0F) check(x);
  }
  CHECK(same);
  CHECK(mote::simd::float_to_half(65504.0F) == 0x7BFF);
  CHECK(mote::simd::float_to_half(1e30F) == 0x7BFF);  // the largest, not infinity
  CHECK(mote::simd::float_to_half(0.0F) == 0);
  CHECK(mote::simd::float_to_half(-1.0F) == 0);
  CHECK(mote::simd::float_to_half(std::nanf("")) == 0);
}

TEMPLATE_TEST_CASE_SIG("packs of halves decode like single ones", "", ((std::size_t N), N), 1, 4, 8, 16) {
  mote::rng random(6);
  bool same = true;
  for (int i = 0; i < 20000; ++i) {
    mote::simd::half_bits h[N];
    for (auto& v : h) v = static_cast<mote::simd::half_bits>(random.below(0x7C00));
    float out[N];
    mote::simd::load_halves<N>(h).store(out);
    for (std::size_t j = 0; j < N; ++j)
      same =
          same && std::bit_cast<std::uint32_t>(out[j]) == std::bit_cast<std::uint32_t>(mote::simd::half_to_float(h[j]));
  }
  CHECK(same);
}
