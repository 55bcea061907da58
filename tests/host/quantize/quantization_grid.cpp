// SPDX-License-Identifier: BSL-1.0
#include "mote/host/quantize/quantization_grid.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

#include "mote/core/rng.hpp"

namespace {

using mote::host::group_scale;
using mote::host::quantization_grid;

double least_distance(const std::vector<float>& levels, float t) {
  double least = 1e300;
  for (float level : levels) least = std::min(least, std::fabs(static_cast<double>(level) - static_cast<double>(t)));
  return least;
}
std::vector<quantization_grid> grids() {
  std::vector<float> few{-9, -2.5F, -1, 0.25F, 3, 11}, many;
  for (int i = 0; i < 60; ++i) many.push_back(static_cast<float>(i * i));  // above 32 levels another search
  return {mote::host::asymmetric_grid(2),        mote::host::asymmetric_grid(4, 64),
          mote::host::symmetric_grid(3),         mote::host::symmetric_grid(8),
          mote::host::table_grid("few", few, 3), mote::host::table_grid("many", many, 6)};
}

}  // namespace

TEST_CASE("grid: the nearest level is the nearest, below, between and above all", "[host][grid]") {
  mote::rng random(1);
  for (const quantization_grid& g : grids()) {
    INFO(g.name);
    REQUIRE(std::is_sorted(g.levels.begin(), g.levels.end()));
    REQUIRE(g.codes.size() == g.levels.size());
    const float low = g.levels.front(), wide = g.levels.back() - low;
    for (int i = 0; i < 3000; ++i) {
      const float t = low + wide * (1.4F * random.uniform() - 0.2F);
      const std::size_t level = g.nearest_level(t);
      REQUIRE(level < g.levels.size());
      REQUIRE(std::fabs(static_cast<double>(g.levels[level]) - static_cast<double>(t)) <= least_distance(g.levels, t));
    }
    for (std::size_t i = 0; i < g.levels.size(); ++i) CHECK(g.nearest_level(g.levels[i]) == i);
  }
}

TEST_CASE("grid: a weight's level and value under a scale and a minimum", "[host][grid]") {
  const quantization_grid g = mote::host::asymmetric_grid(3);
  const group_scale s{.scale = 0.5F, .minimum = -1.25F};
  CHECK(g.nearest(-1.25F, s) == 0);
  CHECK(g.nearest(0.3F, s) == 3);  // 3.1 steps
  CHECK(g.value(3, s) == 0.25F);
  CHECK(g.nearest(100.0F, s) == 7);
  CHECK(g.nearest(5.0F, {.scale = 0, .minimum = 5}) == g.zero_index());
  CHECK(mote::host::symmetric_grid(4).zero_index() == 7);  // levels -7 to 7
  CHECK((g.groups(64) == 2 && g.groups(65) == 3 && g.groups(1) == 1 && g.block() == 32 && !g.super_block()));
}

TEST_CASE("grid: the scale of a group puts its outermost weight on the outermost level", "[host][grid]") {
  const std::vector<float> w{0.5F, -3.0F, 2.0F, 0.25F};
  group_scale s;
  mote::host::asymmetric_grid(2).fit(w.data(), w.size(), &s);
  CHECK(s.minimum == -3.0F);
  CHECK(std::fabs(s.scale - 5.0F / 3.0F) < 1e-3F);
  mote::host::symmetric_grid(3).fit(w.data(), w.size(), &s);
  CHECK((s.scale == 1.0F && s.minimum == 0.0F));
  mote::host::table_grid("t", {-4, -1, 0, 2}, 2).fit(w.data(), w.size(), &s);
  CHECK(s.scale == 0.75F);  // -3 on -4
  const std::vector<float> other{1.0F, 3.0F};
  mote::host::table_grid("t", {-4, -1, 0, 2}, 2).fit(other.data(), other.size(), &s);
  CHECK(s.scale == -0.75F);  // the table is turned over
}

TEST_CASE("grid: scales are what binary16 holds of them", "[host][grid]") {
  using mote::host::detail::through_half;
  CHECK(through_half(1.0F + 0x1p-12F) == 1.0F);
  CHECK(through_half(-1.0F - 0x1p-10F) == -1.0F - 0x1p-10F);
  CHECK(through_half(-0.1F) == -through_half(0.1F));
  mote::rng random(3);
  for (int i = 0; i < 1000; ++i) {
    const float x = random.normal();
    CHECK(std::fabs(through_half(x) - x) <= std::fabs(x) * 0x1p-11F);
    CHECK(through_half(through_half(x)) == through_half(x));
  }
}
