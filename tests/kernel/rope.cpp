// SPDX-License-Identifier: BSL-1.0
#include "mote/kernel/rope.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <vector>

#include "mote/core/rng.hpp"

namespace {

constexpr std::size_t pairs = 32;
constexpr auto usual = mote::rope_frequencies<pairs>(10000.0F);
constexpr auto wide = mote::rope_frequencies<pairs>(500000.0F);

}  // namespace

TEST_CASE("frequencies are the powers of theta, to thirteen digits") {
  const auto check = [](const auto& rotations, double theta) {
    for (std::size_t i = 0; i < pairs; ++i) {
      const double exact = std::pow(theta, -static_cast<double>(i) / pairs) / 6.283185307179586476925;
      const double got = static_cast<double>(rotations[i]) * 0x1p-64;
      INFO("pair " << i);
      CHECK(std::fabs(got / exact - 1) < 1e-13);
    }
  };
  check(usual, 10000.0);
  check(wide, 500000.0);
}

TEST_CASE("sine and cosine hold to position 100,000") {
  // A float product of position and frequency would be off by 0.004 there.
  for (const auto& [rotations, theta] : {std::pair{&usual, 10000.0}, std::pair{&wide, 500000.0}}) {
    double worst = 0;
    for (const std::size_t position : {0U, 1U, 2U, 77U, 511U, 2047U, 8191U, 10000U, 65535U, 99999U, 100000U}) {
      mote::simd::sine_cosine out[pairs];
      mote::rope_rotations(rotations->data(), pairs, position, out);
      for (std::size_t i = 0; i < pairs; ++i) {
        const double angle = static_cast<double>(position) * std::pow(theta, -static_cast<double>(i) / pairs);
        worst = std::max({worst, std::fabs(static_cast<double>(out[i].sine) - std::sin(angle)),
                          std::fabs(static_cast<double>(out[i].cosine) - std::cos(angle))});
      }
    }
    INFO("worst error " << worst);
    CHECK(worst < 2e-7);
  }
}

TEST_CASE("heads are turned pair by pair, and the gradient turns back") {
  mote::rng random(1);
  constexpr std::size_t heads = 3;
  std::vector<float> v(heads * 2 * pairs);
  for (float& x : v) x = random.normal();
  const auto before = v;
  mote::simd::sine_cosine rotations[pairs];
  mote::rope_rotations(usual.data(), pairs, 1234, rotations);
  mote::rope(v.data(), heads, pairs, rotations);
  for (std::size_t at = 0; at < v.size(); at += 2) {
    const double angle = 1234.0 * std::pow(10000.0, -static_cast<double>(at / 2 % pairs) / pairs);
    const double a = static_cast<double>(before[at]), b = static_cast<double>(before[at + 1]);
    CHECK(std::fabs(static_cast<double>(v[at]) - (a * std::cos(angle) - b * std::sin(angle))) < 1e-6);
    CHECK(std::fabs(static_cast<double>(v[at + 1]) - (a * std::sin(angle) + b * std::cos(angle))) < 1e-6);
  }
  mote::rope_gradient(v.data(), heads, pairs, rotations);
  for (std::size_t i = 0; i < v.size(); ++i) CHECK(std::fabs(v[i] - before[i]) < 1e-6F);
}

TEST_CASE("a part of each head: its channels are rotated as a narrower head's, the others stay") {
  constexpr std::size_t few = 3, width = 10;
  constexpr auto frequencies = mote::rope_frequencies<few>(10000.0F);
  mote::simd::sine_cosine rotations[few];
  mote::rope_rotations(frequencies.data(), few, 37, rotations);
  mote::rng random(12);
  for (const std::size_t count : {1U, 4U, 5U}) {
    std::vector<float> v(count * width), narrow;
    for (float& x : v) x = random.normal();
    const std::vector<float> before = v;
    for (std::size_t h = 0; h < count; ++h)
      narrow.insert(narrow.end(), v.data() + h * width, v.data() + h * width + 2 * few);
    mote::rope(v.data(), count, width, few, rotations);
    mote::rope(narrow.data(), count, few, rotations);
    const auto same = [&] {
      for (std::size_t h = 0; h < count; ++h)
        for (std::size_t i = 0; i < width; ++i)
          CHECK(v[h * width + i] == (i < 2 * few ? narrow[h * 2 * few + i] : before[h * width + i]));
    };
    same();
    mote::rope_gradient(v.data(), count, width, few, rotations);
    mote::rope_gradient(narrow.data(), count, few, rotations);
    same();
  }
}

TEST_CASE("each product is rounded by itself, however the compiler vectorizes") {
  // Constant sizes: that is when GCC 12 unrolls the heads and would fuse, -ffp-contract=off or not.
  constexpr std::size_t heads = 6;
  constexpr std::size_t few = 8;
  constexpr auto frequencies = mote::rope_frequencies<few>(10000.0F);
  mote::simd::sine_cosine rotations[few];
  mote::rope_rotations(frequencies.data(), few, 37, rotations);
  mote::rng random(11);
  float v[heads * 2 * few];
  for (float& x : v) x = random.normal();
  float forth[heads * 2 * few];
  float back[heads * 2 * few];
  std::copy(std::begin(v), std::end(v), forth);
  std::copy(std::begin(v), std::end(v), back);
  mote::rope(forth, heads, few, rotations);
  mote::rope_gradient(back, heads, few, rotations);
  for (std::size_t h = 0; h < heads; ++h) {
    for (std::size_t i = 0; i < few; ++i) {
      const std::size_t at = h * 2 * few + 2 * i;
      // volatile: no compiler may keep these sums from being rounded in between
      volatile float ac = v[at] * rotations[i].cosine;
      volatile float bs = v[at + 1] * rotations[i].sine;
      volatile float as = v[at] * rotations[i].sine;
      volatile float bc = v[at + 1] * rotations[i].cosine;
      INFO("head " << h << ", pair " << i);
      CHECK(forth[at] == ac - bs);
      CHECK(forth[at + 1] == as + bc);
      CHECK(back[at] == ac + bs);
      CHECK(back[at + 1] == bc - as);
    }
  }
}
