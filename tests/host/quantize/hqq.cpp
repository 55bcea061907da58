// SPDX-License-Identifier: BSL-1.0
// Sanitized at -O1: computes for longer than it is compiled.
#include "mote/host/quantize/hqq.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

#include "../gaussian.hpp"
#include "super_block_grids.hpp"

using mote::host::hqq;
using mote::host::quantization_grid;

TEST_CASE("hqq: the error of a Gaussian matrix", "[host][hqq]") {
  const auto w = mote_tests::gaussian(512 * 1024, 1);
  const auto error = [&](std::size_t bits) {
    const auto coded = hqq{}({.w = w.data(), .rows = 512, .cols = 1024}, mote::host::asymmetric_grid(bits, 64));
    return mote::host::relative_error(w, coded.values);
  };
  CHECK(std::fabs(error(4) / .0874 - 1) < 0.02);
  CHECK(std::fabs(error(2) / .434 - 1) < 0.02);
}

TEST_CASE("hqq: its objective falls until the turn at which it stops, and no turn is rounding to nearest",
          "[host][hqq]") {
  auto w = mote_tests::gaussian(64 * 500, 2);
  for (std::size_t i = 0; i < w.size(); i += 37) w[i] *= 6;  // outliers
  for (const quantization_grid& g : {mote::host::asymmetric_grid(4, 64), mote::host::asymmetric_grid(2, 64),
                                     mote_tests::sixteen_integers(), mote_tests::non_linear()}) {
    INFO(g.name);
    std::size_t moved = 0;
    for (std::size_t at = 0; at < w.size(); at += 64) {
      std::vector<double> history;
      mote::host::group_scale own;
      g.fit(w.data() + at, 64, &own);
      const auto s = hqq{}.fit(g, {w.data() + at, nullptr, 64}, own, &history);
      REQUIRE(!history.empty());
      double least = history.front();
      for (std::size_t i = 1; i + 1 < history.size(); ++i) {
        CHECK(history[i] < history[i - 1]);
        least = history[i];
      }
      least = std::min(least, history.back());
      double mean = 0;  // what it returned has the least error of all turns
      for (std::size_t i = 0; i < 64; ++i)
        mean += std::fabs(static_cast<double>(w[at + i] - g.value(g.nearest(w[at + i], s), s))) / 64;
      CHECK(std::fabs(mean - least) < 1e-9 + least * 1e-6);
      moved += history.size() > 2 ? 1U : 0U;
      const auto none = hqq{.iterations = 0}.fit(g, {w.data() + at, nullptr, 64}, own);
      CHECK(none.scale == own.scale);
      CHECK(none.minimum == own.minimum);
    }
    CHECK(moved > 100);
  }
}

TEST_CASE("hqq: no block of two levels has a larger mean error than under the format's own scales", "[host][hqq]") {
  constexpr std::size_t rows = 9;
  for (const quantization_grid& g : mote_tests::super_block_grids())
    for (const std::size_t cols : {400U, 172U, 1U}) {
      INFO(g.name << ", " << cols);
      auto w = mote_tests::gaussian(rows * cols, cols);
      for (std::size_t i = 0; i < w.size(); i += 37) w[i] *= 6;
      // Every other row lies on the grid already, or nearly: there is little to gain and much to lose.
      const auto rounded = mote::host::round_to_nearest{}({.w = w.data(), .rows = rows, .cols = cols}, g).values;
      for (std::size_t row = 1; row < rows; row += 2)
        std::copy_n(rounded.data() + row * cols, cols, w.data() + row * cols);
      const mote::host::quantizer_task t{.w = w.data(), .rows = rows, .cols = cols};
      const auto own = mote::host::round_to_nearest{}(t, g), found = hqq{}(t, g);
      double all_own = 0, all_found = 0;
      for (std::size_t row = 0; row < rows; ++row)
        for (std::size_t first = 0; first < cols; first += g.block()) {
          const auto error = [&](const auto& coded) {
            double sum = 0;
            for (std::size_t i = first; i < std::min(cols, first + g.block()); ++i)
              sum +=
                  std::fabs(static_cast<double>(coded.values[row * cols + i]) - static_cast<double>(w[row * cols + i]));
            return sum;
          };
          REQUIRE(error(found) <= error(own) * 1.0001);
          all_own += error(own);
          all_found += error(found);
        }
      if (cols > 1) CHECK(all_found < all_own * 0.99);
    }
}

namespace {

/// A matrix of Gaussian weights of this deviation, one in 37 of them six times as large.
std::vector<float> with_outliers(float deviation) {
  auto w = mote_tests::gaussian(64 * 400, 5);
  for (std::size_t i = 0; i < w.size(); ++i) w[i] *= i % 37 == 0 ? 6 * deviation : deviation;
  return w;
}
/// The sum of |w - w'|^0.7, which the method minimizes.
double objective(const std::vector<float>& w, const quantization_grid& g, const hqq& q) {
  const auto coded = q({.w = w.data(), .rows = 400, .cols = 64}, g);
  double sum = 0;
  for (std::size_t i = 0; i < w.size(); ++i)
    sum += std::pow(std::fabs(static_cast<double>(coded.values[i]) - static_cast<double>(w[i])), 0.7);
  return sum;
}

}  // namespace

TEST_CASE("hqq: weights of another size get the same codes", "[host][hqq]") {
  const auto w = with_outliers(1), small = with_outliers(0x1p-6F);
  for (const quantization_grid& g : {mote::host::asymmetric_grid(4, 64), mote::host::asymmetric_grid(2, 64),
                                     mote::host::symmetric_grid(4, 64), mote_tests::non_linear()}) {
    INFO(g.name);
    const auto a = hqq{}({.w = w.data(), .rows = 400, .cols = 64}, g);
    const auto b = hqq{}({.w = small.data(), .rows = 400, .cols = 64}, g);
    CHECK(a.codes == b.codes);
    for (std::size_t i = 0; i < a.scales.size(); ++i) REQUIRE(a.scales[i].scale == b.scales[i].scale * 0x1p6F);
  }
}

TEST_CASE("hqq: the shrinkage acts on weights of a usual size, and lowers what it is meant to lower", "[host][hqq]") {
  const auto w = with_outliers(0.02F);
  const auto gain =
      [&](const quantization_grid& g) {  // with a beta so small that no error leaves a residue: least squares
        return objective(w, g, hqq{}) / objective(w, g, hqq{.beta = 1e-6});
      };
  CHECK(gain(mote::host::asymmetric_grid(4, 64)) < 0.995);
  CHECK(gain(mote::host::asymmetric_grid(2, 64)) < 0.995);
  CHECK(gain(mote::host::symmetric_grid(4, 64)) < 0.97);
  CHECK(gain(mote::host::symmetric_grid(3, 64)) < 0.92);
}
