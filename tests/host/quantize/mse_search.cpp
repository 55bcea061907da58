// SPDX-License-Identifier: BSL-1.0
// Sanitized at -O1: computes for longer than it is compiled.
#include "mote/host/quantize/mse_search.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

#include "../gaussian.hpp"
#include "super_block_grids.hpp"

using mote::host::group_scale;
using mote::host::quantization_grid;

TEST_CASE("mse_search: no group is worse than under the grid's own scale", "[host][mse_search]") {
  const auto w = mote_tests::gaussian(32 * 300, 4);
  for (const quantization_grid& g :
       {mote_tests::sixteen_integers(), mote_tests::non_linear(), mote::host::symmetric_grid(3),
        mote::host::symmetric_grid(6), mote::host::asymmetric_grid(2), mote::host::asymmetric_grid(4)}) {
    INFO(g.name);
    double before = 0, after = 0;
    for (std::size_t at = 0; at < w.size(); at += 32) {
      const auto error = [&](group_scale s) {  // a plain loop
        double sum = 0;
        for (std::size_t i = 0; i < 32; ++i) {
          const double d = static_cast<double>(w[at + i]) - static_cast<double>(g.value(g.nearest(w[at + i], s), s));
          sum += d * d;
        }
        return sum;
      };
      group_scale of_its_own;
      g.fit(w.data() + at, 32, &of_its_own);
      const double own = error(of_its_own);
      const double found = error(mote::host::search_scale(g, {w.data() + at, nullptr, 32}, of_its_own));
      CHECK(found <= own * 1.0001);
      before += own;
      after += found;
    }
    CHECK(after < before * 0.97);
  }
}

TEST_CASE("mse_search: within 2 % of a scan of ten thousand scales", "[host][mse_search]") {
  const auto w = mote_tests::gaussian(32 * 40, 5);
  const quantization_grid g = mote_tests::non_linear();
  double found = 0, best = 0;
  for (std::size_t at = 0; at < w.size(); at += 32) {
    const mote::host::weighted_columns group{w.data() + at, nullptr, 32};
    double least = 1e9;
    for (int i = -5000; i <= 5000; ++i)
      least = std::min(least, mote::host::detail::attempt(g, group, {.scale = static_cast<float>(i) * 1e-5F}).error);
    best += least;
    group_scale own;
    g.fit(w.data() + at, 32, &own);
    found += mote::host::detail::attempt(g, group, mote::host::search_scale(g, group, own)).error;
  }
  CHECK(std::sqrt(found) < std::sqrt(best) * 1.02);
}

TEST_CASE("mse_search: two bits of a Gaussian, .333 of its size", "[host][mse_search]") {
  const auto w = mote_tests::gaussian(512 * 1024, 1);
  const auto coded =
      mote::host::mse_search{}({.w = w.data(), .rows = 512, .cols = 1024}, mote::host::asymmetric_grid(2, 64));
  CHECK(mote::host::relative_error(w, coded.values) < .333 * 1.02);
}

TEST_CASE("mse_search: columns that matter more come closer", "[host][mse_search]") {
  const auto w = mote_tests::gaussian(64 * 128, 6);
  auto input = mote_tests::moments(128, 200, 0, 7);  // every seventh column is loud
  const mote::host::quantizer_task t{.w = w.data(), .rows = 64, .cols = 128, .input = &input};
  const auto plain = mote::host::mse_search{.use_calibration = false}(t, mote_tests::non_linear());
  const auto weighed = mote::host::mse_search{}(t, mote_tests::non_linear());
  const auto along = [&](const auto& coded) {
    double sum = 0;
    for (std::size_t i = 0; i < w.size(); ++i) {
      const double d = static_cast<double>(coded.values[i]) - static_cast<double>(w[i]);
      sum += input.hessian[(i % 128) * 128 + i % 128] * d * d;
    }
    return sum;
  };
  CHECK(along(weighed) < along(plain) * 0.9);
}

TEST_CASE("mse_search: no block of two levels is worse than under the format's own scales", "[host][mse_search]") {
  auto input = mote_tests::moments(576, 700, 0, 7);
  for (const quantization_grid& g : mote_tests::super_block_grids())
    for (const std::size_t cols : {576U, 172U, 1U}) {
      INFO(g.name << ", " << cols);
      const std::size_t rows = 12;
      const auto w = mote_tests::gaussian(rows * cols, 6);
      mote::host::input_moments seen{
          .cols = cols, .rows_seen = 700, .hessian = std::vector<double>(cols * cols), .magnitude = {}, .largest = {}};
      for (std::size_t i = 0; i < cols; ++i) seen.hessian[i * cols + i] = input.hessian[i * 576 + i];
      const mote::host::quantizer_task t{.w = w.data(), .rows = rows, .cols = cols, .input = &seen};
      const auto own = mote::host::round_to_nearest{}(t, g);
      const auto plain = mote::host::mse_search{.use_calibration = false}(t, g);
      const auto weighed = mote::host::mse_search{}(t, g);
      double all_own = 0, all_plain = 0, loud_plain = 0, loud_weighed = 0, loud_own = 0;
      for (std::size_t row = 0; row < rows; ++row)
        for (std::size_t first = 0; first < cols; first += g.block()) {
          const auto error = [&](const auto& coded, bool loud) {
            double sum = 0;
            for (std::size_t i = first; i < std::min(cols, first + g.block()); ++i) {
              const double d =
                  static_cast<double>(coded.values[row * cols + i]) - static_cast<double>(w[row * cols + i]);
              sum += d * d * (loud ? seen.hessian[i * cols + i] : 1);
            }
            return sum;
          };
          REQUIRE(error(plain, false) <= error(own, false) * 1.0001 + 1e-12);
          REQUIRE(error(weighed, true) <= error(own, true) * 1.0001 + 1e-12);
          all_own += error(own, false);
          all_plain += error(plain, false);
          loud_own += error(own, true);
          loud_plain += error(plain, true);
          loud_weighed += error(weighed, true);
        }
      if (cols == 1) continue;
      CHECK(all_plain < all_own);
      CHECK(loud_weighed < loud_plain * 0.95);
      CHECK(loud_weighed < loud_own * 0.95);
    }
}
