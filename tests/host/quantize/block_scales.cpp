// SPDX-License-Identifier: BSL-1.0
// Sanitized at -O1: computes for longer than it is compiled.
#include "mote/host/quantize/block_scales.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "../gaussian.hpp"
#include "mote/host/image/packed_format_of.hpp"
#include "super_block_grids.hpp"

using mote::host::group_scale;
using mote::host::quantization_grid;
using mote::host::squared_loss;
using mote::host::weighted_columns;

namespace {

/// What each group of a block would have alone: the format's own search, before anything is shared.
void want(const quantization_grid& g, const weighted_columns& block, group_scale* scales) {
  for (std::size_t i = 0; i < block.groups(g); ++i) {
    const weighted_columns group = block.group(g, i);
    g.fit(group.w, group.n, scales + i);
  }
}
/// The loss in double, from the numbers of the grid alone: every level is tried.
double plain_loss(const quantization_grid& g, const weighted_columns& block, const group_scale* scales) {
  double sum = 0;
  for (std::size_t i = 0; i < block.n; ++i) {
    double least = std::numeric_limits<double>::max();
    const group_scale& s = scales[i / g.group];
    for (const float level : g.levels) {
      const double off = static_cast<double>(s.scale) * static_cast<double>(level) + static_cast<double>(s.minimum) -
                         static_cast<double>(block.w[i]);
      least = std::min(least, off * off);
    }
    sum += least * block.weight(i);
  }
  return sum;
}

}  // namespace

TEST_CASE("block_scales: what is kept are whole multiples of two halves, and the loss is what is said",
          "[host][block_scales]") {
  for (const quantization_grid& g : mote_tests::super_block_grids())
    for (const std::size_t n : {g.block(), g.block() - 7, g.group, std::size_t{1}}) {
      INFO(g.name << ", " << n << " columns");
      const auto w = mote_tests::gaussian(n * 20, n);
      const auto importance = mote_tests::gaussian(n * 20, n + 1);
      std::vector<float> squares;
      for (const float x : importance) squares.push_back(x * x);
      for (std::size_t at = 0; at < w.size(); at += n)
        for (const bool weighed : {false, true}) {
          const weighted_columns block{w.data() + at, weighed ? squares.data() + at : nullptr, n};
          std::vector<group_scale> s(block.groups(g));
          want(g, block, s.data());
          const double lost = mote::host::keep_scales(g, block, s.data(), squared_loss{});
          REQUIRE(std::fabs(lost / plain_loss(g, block, s.data()) - 1) < 1e-4);
          for (const group_scale& one : s) {
            REQUIRE(one.scale_unit == s[0].scale_unit);
            REQUIRE(one.minimum_unit == s[0].minimum_unit);
            REQUIRE(mote::simd::from_binary16(mote::simd::to_binary16(one.scale_unit)) == one.scale_unit);
            REQUIRE(mote::simd::from_binary16(mote::simd::to_binary16(one.minimum_unit)) == one.minimum_unit);
            const float multiple = one.scale_unit != 0 ? one.scale / one.scale_unit : 0;
            const float minimum = one.minimum_unit != 0 ? -one.minimum / one.minimum_unit : 0;
            REQUIRE((multiple == std::floor(multiple) && minimum == std::floor(minimum)));
            REQUIRE((multiple >= static_cast<float>(g.multiples.least) &&
                     multiple <= static_cast<float>(g.multiples.most)));
            REQUIRE((minimum >= 0 && minimum <= static_cast<float>(g.multiples.most_minimum)));
            REQUIRE(one.scale == one.scale_unit * multiple);
          }
        }
    }
}

TEST_CASE("block_scales: close to the best of every multiple under every unit nearby", "[host][block_scales]") {
  const quantization_grid g = mote::host::packed_format_of<mote::qk<2, 64>>.levels();
  const auto w = mote_tests::gaussian(64 * 4, 9);
  double found = 0, best = 0;
  for (std::size_t at = 0; at < w.size(); at += 64) {
    const weighted_columns block{w.data() + at, nullptr, 64};
    std::vector<group_scale> s(4);
    want(g, block, s.data());
    found += mote::host::keep_scales(g, block, s.data(), squared_loss{});
    double least = std::numeric_limits<double>::max();
    for (int i = -12; i <= 12; ++i)
      for (int j = -12; j <= 12; ++j) {
        const float d = s[0].scale_unit * (1 + 0.02F * static_cast<float>(i));
        const float dmin = s[0].minimum_unit * (1 + 0.02F * static_cast<float>(j));
        double all = 0;
        for (std::size_t k = 0; k < 4; ++k) {
          double one = std::numeric_limits<double>::max();
          for (int a = 0; a < 16; ++a)
            for (int b = 0; b < 16; ++b)
              one = std::min(
                  one, squared_loss{}(g, block.group(g, k),
                                      {.scale = d * static_cast<float>(a), .minimum = -dmin * static_cast<float>(b)}));
          all += one;
        }
        least = std::min(least, all);
      }
    best += least;
  }
  INFO(std::sqrt(found / best));
  CHECK(std::sqrt(found) < std::sqrt(best) * 1.03);
}

TEST_CASE("block_scales: of one level, a scale is rounded as the format keeps it", "[host][block_scales]") {
  const auto w = mote_tests::gaussian(32, 3);
  const weighted_columns block{w.data(), nullptr, 32};
  group_scale s{.scale = 0.1234567F};
  const double lost = mote::host::keep_scales(mote_tests::non_linear(), block, &s, squared_loss{});
  CHECK(s.scale == mote::simd::from_binary16(mote::simd::to_binary16(0.1234567F)));
  CHECK(std::fabs(lost / plain_loss(mote_tests::non_linear(), block, &s) - 1) < 1e-4);
}

TEST_CASE("block_scales: blocks of zeros, of one value, with a group that is nothing beside another",
          "[host][block_scales]") {
  for (const quantization_grid& g : mote_tests::super_block_grids())
    for (const float value : {0.0F, 1.5F, -1.5F}) {
      INFO(g.name << ", " << value);
      std::vector<float> w(g.block(), value);
      for (std::size_t i = 0; i < g.group; ++i) w[i] *= 1e-5F;
      const weighted_columns block{w.data(), nullptr, w.size()};
      std::vector<group_scale> s(block.groups(g));
      want(g, block, s.data());
      CHECK(mote::host::keep_scales(g, block, s.data(), squared_loss{}) <=
            1e-4 * static_cast<double>(value * value) * static_cast<double>(w.size()));
      for (const group_scale& one : s) CHECK((std::isfinite(one.scale) && std::isfinite(one.minimum)));
    }
}
