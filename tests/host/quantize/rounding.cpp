// SPDX-License-Identifier: BSL-1.0
#include "mote/host/quantize/rounding.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cmath>

#include "../gaussian.hpp"

using mote::host::quantization_grid;
using mote::host::quantizer_task;

namespace {
constexpr std::size_t rows = 512, cols = 1024;

double error_of(const quantization_grid& g) {
  const auto w = mote_tests::gaussian(rows * cols, 1);
  const auto coded = mote::host::round_to_nearest{}({.w = w.data(), .rows = rows, .cols = cols}, g);
  return mote::host::relative_error(w, coded.values);
}
bool within(double found, double expected, double part = 0.02) {
  return std::fabs(found - expected) <= part * expected;
}
}  // namespace

TEST_CASE("rounding: the error of a Gaussian matrix is what each grid costs", "[host][rounding]") {
  CHECK(within(error_of(mote::host::symmetric_grid(8)), .0054));
  CHECK(within(error_of(mote_tests::sixteen_integers()), .0861));
  CHECK(within(error_of(mote::host::asymmetric_grid(4, 128)), .0999));
  CHECK(within(error_of(mote::host::asymmetric_grid(2, 64)), .451));
}

TEST_CASE("rounding: the nearest level, whatever the levels", "[host][rounding]") {
  const auto w = mote_tests::gaussian(2000, 2);
  for (const quantization_grid& g :
       {mote_tests::sixteen_integers(), mote_tests::non_linear(), mote::host::symmetric_grid(3),
        mote::host::symmetric_grid(8), mote::host::asymmetric_grid(5)}) {
    INFO(g.name);
    for (const mote::host::group_scale s :
         {mote::host::group_scale{.scale = 0.02F}, {.scale = -0.13F}, {.scale = 0.07F, .minimum = -0.4F}}) {
      if (s.minimum != 0 && !g.has_minimum) continue;
      for (float x : w) {
        double least = 1e9;
        for (std::size_t i = 0; i < g.levels.size(); ++i)
          least = std::min(least, std::fabs(static_cast<double>(x) - static_cast<double>(g.value(i, s))));
        CHECK(std::fabs(static_cast<double>(x) - static_cast<double>(g.value(g.nearest(x, s), s))) <= least + 1e-6);
      }
    }
  }
}

TEST_CASE("rounding: codes, scales and values of a ragged matrix agree", "[host][rounding]") {
  const auto w = mote_tests::gaussian(5 * 77, 3);
  const quantization_grid g = mote_tests::non_linear();
  const auto coded = mote::host::round_to_nearest{}({.w = w.data(), .rows = 5, .cols = 77}, g);
  REQUIRE(coded.groups() == 3);
  for (std::size_t row = 0; row < 5; ++row)
    for (std::size_t col = 0; col < 77; ++col)
      CHECK(coded.values[row * 77 + col] ==
            coded.scales[row * 3 + col / 32].scale * g.levels[coded.codes[row * 77 + col]]);
}

TEST_CASE("rounding: a group of zeros stays zero where the grid has a zero", "[host][rounding]") {
  const std::vector<float> w(64);
  for (const quantization_grid& g :
       {mote_tests::sixteen_integers(), mote::host::symmetric_grid(4), mote::host::asymmetric_grid(4)}) {
    const auto coded = mote::host::round_to_nearest{}({.w = w.data(), .rows = 2, .cols = 32}, g);
    for (float x : coded.values) CHECK(x == 0.0F);
  }
}
