// SPDX-License-Identifier: BSL-1.0
#include "mote/host/gptq.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cmath>

#include "gaussian.hpp"

using mote::host::gptq;
using mote::host::grid;
using mote::host::quantiser_task;
using mote::host::round_to_nearest;

namespace {
std::vector<grid> grids() {
  return {mote_tests::sixteen_integers(), mote_tests::non_linear(),       mote::host::symmetric_grid(3),
          mote::host::symmetric_grid(8),  mote::host::asymmetric_grid(4), mote::host::asymmetric_grid(2, 64)};
}
}  // namespace

TEST_CASE("gptq: inputs that have nothing to do with each other give rounding to nearest", "[host][gptq]") {
  constexpr std::size_t rows = 21, cols = 100;
  const auto w = mote_tests::gaussian(rows * cols, 1);
  mote::host::input_moments input{
      .cols = cols, .rows_seen = 10, .products = std::vector<double>(cols * cols), .magnitude = {}, .largest = {}};
  for (std::size_t i = 0; i < cols; ++i) input.products[i * cols + i] = 10;
  for (const grid& g : grids()) {
    INFO(g.name);
    const quantiser_task t{.w = w.data(), .rows = rows, .cols = cols, .input = &input};
    const auto nearest = round_to_nearest{}(t, g);
    for (const bool by_power : {false, true}) {
      const auto found = gptq{.by_power = by_power}(t, g);
      CHECK(found.codes == nearest.codes);
      CHECK(found.values == nearest.values);
    }
  }
}

TEST_CASE("gptq: the output's error is smaller where inputs go together", "[host][gptq]") {
  constexpr std::size_t rows = 40, cols = 160;
  const auto w = mote_tests::gaussian(rows * cols, 2);
  for (const double together : {0.3, 0.8}) {
    const auto input = mote_tests::moments(cols, 400, together, 3);
    for (const grid& g : grids()) {
      INFO(g.name << ", " << together);
      const quantiser_task t{.w = w.data(), .rows = rows, .cols = cols, .input = &input};
      const double nearest = output_error(input, w.data(), round_to_nearest{}(t, g).values.data(), rows);
      for (const bool by_power : {false, true}) {
        const double found = output_error(input, w.data(), gptq{.by_power = by_power}(t, g).values.data(), rows);
        CHECK(found < nearest);
        if (together > 0.5) CHECK(found < nearest * 0.75);
      }
    }
  }
}

TEST_CASE("gptq: output_error is the error of the output", "[host][gptq]") {
  constexpr std::size_t rows = 3, cols = 20, seen = 30;
  const auto w = mote_tests::gaussian(rows * cols, 4);
  const auto decoded = mote_tests::gaussian(rows * cols, 5);
  const auto x = mote_tests::gaussian(seen * cols, 6);
  mote::host::input_moments input{
      .cols = cols, .rows_seen = seen, .products = std::vector<double>(cols * cols), .magnitude = {}, .largest = {}};
  double plain = 0;
  for (std::size_t s = 0; s < seen; ++s) {
    for (std::size_t i = 0; i < cols; ++i)
      for (std::size_t j = 0; j <= i; ++j)
        input.products[i * cols + j] += static_cast<double>(x[s * cols + i]) * static_cast<double>(x[s * cols + j]);
    for (std::size_t row = 0; row < rows; ++row) {
      double y = 0;
      for (std::size_t i = 0; i < cols; ++i)
        y += static_cast<double>(x[s * cols + i]) *
             (static_cast<double>(w[row * cols + i]) - static_cast<double>(decoded[row * cols + i]));
      plain += y * y;
    }
  }
  CHECK(std::fabs(output_error(input, w.data(), decoded.data(), rows) / plain - 1) < 1e-9);
}

TEST_CASE("gptq: columns that never had an input, inputs of another width, no inputs", "[host][gptq]") {
  constexpr std::size_t rows = 5, cols = 64;
  const auto w = mote_tests::gaussian(rows * cols, 7);
  auto input = mote_tests::moments(cols, 20, 0.5, 8);  // fewer rows than columns: singular but for the damping
  for (std::size_t i = 0; i < cols; ++i) input.products[(i > 9 ? i : 9) * cols + (i > 9 ? 9 : i)] = 0;
  const quantiser_task t{.w = w.data(), .rows = rows, .cols = cols, .input = &input};
  const auto found = gptq{}(t, mote::host::symmetric_grid(4));
  for (std::size_t row = 0; row < rows; ++row) CHECK(found.values[row * cols + 9] == 0.0F);
  for (float x : found.values) CHECK(std::isfinite(x));
  const auto again = gptq{.damping = 0}(t, mote::host::symmetric_grid(4));  // damps by itself where it must
  for (float x : again.values) CHECK(std::isfinite(x));

  input.cols = 63;
  CHECK_THROWS(gptq{}(t, mote::host::symmetric_grid(4)));
  const quantiser_task blind{.w = w.data(), .rows = rows, .cols = cols};
  CHECK(gptq{}(blind, mote_tests::non_linear()).codes == round_to_nearest{}(blind, mote_tests::non_linear()).codes);
}
