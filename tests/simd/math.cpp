// SPDX-License-Identifier: BSL-1.0
#include "mote/simd/math.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "mote/core/rng.hpp"

namespace {

using lanes = mote::simd::floats<16>;

/// How many units in the last place of the exact answer a float is off.
double ulps(float got, double exact) {
  const float nearest = static_cast<float>(exact);
  const double unit = static_cast<double>(std::nextafter(std::fabs(nearest), std::numeric_limits<float>::infinity())) -
                      std::fabs(static_cast<double>(nearest));
  return std::fabs(static_cast<double>(got) - exact) / unit;
}

/// Applies f to whole packs.
template <class F>
std::vector<float> by_pack(const std::vector<float>& x, F f) {
  std::vector<float> y(x.size());
  for (std::size_t i = 0; i + 16 <= x.size(); i += 16) f(lanes::load(x.data() + i)).store(y.data() + i);
  return y;
}

bool same_bits(float a, float b) { return std::bit_cast<std::uint32_t>(a) == std::bit_cast<std::uint32_t>(b); }

std::vector<float> spread(float low, float high, std::size_t n) {
  std::vector<float> x(n);
  for (std::size_t i = 0; i < n; ++i) x[i] = low + (high - low) * static_cast<float>(i) / static_cast<float>(n - 1);
  return x;
}

}  // namespace

TEST_CASE("exp is within two units in the last place, and a pack gives the bits of a float") {
  auto x = spread(-87.0F, 88.0F, 160000);
  for (float special : {0.0F, -0.0F, 1.0F, -1.0F, 1e-30F, -1e-30F, 0.34657359F, -0.34657359F, 87.99F, -86.99F, 88.0F,
                        -87.0F, 10.0F, 0.5F, 1e-45F, 2.0F})
    x.push_back(special);
  const auto packed = by_pack(x, [](lanes v) { return mote::simd::exp(v); });
  double worst = 0;
  bool same = true;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const float y = mote::simd::exp(x[i]);
    worst = std::max(worst, ulps(y, std::exp(static_cast<double>(x[i]))));
    same = same && same_bits(y, packed[i]);
  }
  INFO("worst " << worst << " ulp");
  CHECK(worst < 2);
  CHECK(same);
  CHECK(mote::simd::exp(0.0F) == 1.0F);
  CHECK(same_bits(mote::simd::exp(-1000.0F), mote::simd::exp(-87.0F)));  // clamped, never zero or infinite
  CHECK(same_bits(mote::simd::exp(1000.0F), mote::simd::exp(88.0F)));
  CHECK(std::isfinite(mote::simd::exp(1000.0F)));
}

TEST_CASE("tanh is within three units in the last place near 0 and far from it, and a pack gives the bits of a float") {
  auto x = spread(-12.0F, 12.0F, 160000);
  for (const float at : {1e-1F, 1e-3F, 1e-6F, 1e-12F, 1e-30F, 0x1p-126F}) {
    const auto more = spread(-at, at, 1600);
    x.insert(x.end(), more.begin(), more.end());
  }
  const auto packed = by_pack(x, [](lanes v) { return mote::simd::tanh(v); });
  double worst = 0;
  bool same = true;
  bool within = true;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const float y = mote::simd::tanh(x[i]);
    if (x[i] != 0) worst = std::max(worst, ulps(y, std::tanh(static_cast<double>(x[i]))));
    same = same && same_bits(y, packed[i]);
    within = within && std::fabs(y) <= 1.0F;
  }
  INFO("worst " << worst << " ulp");
  CHECK(worst < 3);
  CHECK(same);
  CHECK(within);
  CHECK(mote::simd::tanh(0.0F) == 0.0F);
  CHECK(mote::simd::tanh(1e38F) == 1.0F);
  CHECK(mote::simd::tanh(-1e38F) == -1.0F);
}

TEST_CASE("sigmoid is within three units in the last place") {
  const auto x = spread(-80.0F, 80.0F, 80000);
  const auto packed = by_pack(x, [](lanes v) { return mote::simd::sigmoid(v); });
  double worst = 0;
  bool same = true;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const float y = mote::simd::sigmoid(x[i]);
    worst = std::max(worst, ulps(y, 1.0 / (1.0 + std::exp(-static_cast<double>(x[i])))));
    same = same && same_bits(y, packed[i]);
  }
  INFO("worst " << worst << " ulp");
  CHECK(worst < 3);
  CHECK(same);
  CHECK(mote::simd::sigmoid(0.0F) == 0.5F);
}

TEST_CASE("square root and division are rounded correctly, in packs too") {
  // In packs too: 32-bit NEON has only estimates, and a library that falls back on them is off by a unit.
  mote::rng random(3);
  std::vector<float> x{0.0F,     1.0F, 4.0F, 2.0F, 1e-38F, 1e-44F, 3e38F, 0.25F, 9.0F, 1.17549435e-38F,
                       5.9e-39F, 0.1F, 3.0F, 7.0F, 1e10F,  1e-10F};
  std::vector<float> d(x.size(), 3.0F);
  while (x.size() < 200000 / 16 * 16) {  // every exponent
    std::uint32_t bits = random.next() & 0x7FFFFFFFU;
    if (bits >= 0x7F800000U) bits -= 0x01000000U;
    x.push_back(std::bit_cast<float>(bits));
    d.push_back(0.5F + 3.0F * random.uniform());
  }
  const auto roots = by_pack(x, [](lanes v) { return mote::simd::sqrt(v); });
  bool rooted = true, divided = true;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const float exact = static_cast<float>(std::sqrt(static_cast<double>(x[i])));  // 53 bits hold it without a tie
    rooted = rooted && same_bits(mote::simd::sqrt(x[i]), exact) && same_bits(roots[i], exact);
  }
  for (std::size_t i = 0; i + 16 <= x.size(); i += 16) {
    float q[16];
    (lanes::load(x.data() + i) / lanes::load(d.data() + i)).store(q);
    for (std::size_t j = 0; j < 16; ++j) {
      volatile float a = x[i + j], b = d[i + j];
      const float exact = a / b;
      divided = divided && same_bits(q[j], exact);
    }
  }
  CHECK(rooted);
  CHECK(divided);
}

TEST_CASE("sine and cosine of a turn") {
  mote::rng random(4);
  constexpr double two_pi = 6.283185307179586476925286766559;
  double worst = 0;
  for (int i = 0; i < 200000; ++i) {
    const std::uint64_t phase = static_cast<std::uint64_t>(random.next()) << 32U | random.next();
    const double angle = static_cast<double>(phase >> 11U) * 0x1p-53 * two_pi;
    const auto t = mote::simd::rotation(phase);
    worst = std::max({worst, std::fabs(static_cast<double>(t.sine) - std::sin(angle)),
                      std::fabs(static_cast<double>(t.cosine) - std::cos(angle))});
  }
  INFO("worst error " << worst);
  CHECK(worst < 1.2e-7);  // two units in the last place of one
  for (std::uint64_t quarter = 0; quarter < 4; ++quarter) {
    const auto t = mote::simd::rotation(quarter << 62U);
    CHECK(t.sine == std::array{0.0F, 1.0F, -0.0F, -1.0F}[quarter]);
    CHECK(t.cosine == std::array{1.0F, -0.0F, -1.0F, 0.0F}[quarter]);
  }
}

TEST_CASE("rough_exp2 keeps ratios to 4 parts in 1000, is largest at zero, and a pack gives the bits of a float") {
  auto x = spread(-99.0F, 0.0F, 1600);
  x.back() = 0.0F;
  for (const float power : {0.0F, 10.0F, 16.0F}) {
    const auto y = by_pack(x, [power](lanes v) { return mote::simd::rough_exp2(v, power); });
    const double unit = std::exp2(static_cast<double>(power));
    bool same = true;
    double worst = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      same = same && same_bits(y[i], mote::simd::rough_exp2(mote::simd::floats<1>::all(x[i]), power).v[0]);
      worst = std::max(worst, std::fabs(static_cast<double>(y[i]) / (unit * std::exp2(static_cast<double>(x[i]))) - 1));
      CHECK(y[i] <= y.back());
    }
    CHECK(same);
    CHECK(worst < 0.004);
    CHECK(static_cast<double>(y.back()) == unit);
  }
  const auto low = mote::simd::rough_exp2(mote::simd::floats<1>::all(-1e30F), 16.0F).v[0];
  CHECK(low > 0);
  CHECK(low < 1e-24F);
}
