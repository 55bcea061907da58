// SPDX-License-Identifier: BSL-1.0
#include "mote/host/quantize/calibration.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <vector>

#include "mote/core/rng.hpp"

TEST_CASE("calibration: moments are the sums over all rows, however they come", "[host][calibration]") {
  constexpr std::size_t cols = 11, stride = 16;
  mote::rng random(4);
  std::vector<float> x(37 * stride, 1e30F);  // what pads a row is not read
  for (std::size_t r = 0; r < 37; ++r)
    for (std::size_t c = 0; c < cols; ++c) x[r * stride + c] = random.normal();
  for (const std::size_t portion : {37U, 1U, 8U, 9U}) {
    mote::host::input_moments m;
    CHECK(m.empty());
    for (std::size_t r = 0; r < 37; r += portion)
      mote::host::observe(m, x.data() + r * stride, stride, std::min(portion, 37 - r), cols);
    REQUIRE((m.cols == cols && m.rows_seen == 37 && !m.empty()));
    for (std::size_t i = 0; i < cols; ++i) {
      double magnitude = 0, largest = 0;
      for (std::size_t r = 0; r < 37; ++r) {
        const double v = std::fabs(static_cast<double>(x[r * stride + i]));
        magnitude += v;
        largest = std::max(largest, v);
      }
      CHECK(std::fabs(m.magnitude[i] - magnitude) < 1e-9);
      CHECK(m.largest[i] == largest);
      for (std::size_t j = 0; j <= i; ++j) {
        double product = 0;
        for (std::size_t r = 0; r < 37; ++r)
          product += static_cast<double>(x[r * stride + i]) * static_cast<double>(x[r * stride + j]);
        CHECK(std::fabs(m.hessian[i * cols + j] - product) < 1e-9);
      }
    }
  }
}

TEST_CASE("calibration: an input is found by each matrix that reads it", "[host][calibration]") {
  using mote::role;
  mote::host::layer_moments seen;
  mote::host::input_moments first, second;
  first.rows_seen = 1;
  second.rows_seen = 2;
  seen.push_back({{role::query, role::key}, first});
  seen.push_back({{role::down}, second});
  CHECK(seen.of(role::key).rows_seen == 1);
  CHECK(seen.of(role::down).rows_seen == 2);
  CHECK(seen.find(role::up) == nullptr);
  CHECK_THROWS(seen.of(role::up));
}
