// SPDX-License-Identifier: BSL-1.0
// Sanitized at -O1: computes for longer than it is compiled.
#include "mote/host/quantize/gptq.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "../gaussian.hpp"
#include "mote/host/quantize/mse_search.hpp"
#include "super_block_grids.hpp"

using mote::host::gptq;
using mote::host::quantization_grid;
using mote::host::quantizer_task;
using mote::host::round_to_nearest;

namespace {
std::vector<quantization_grid> grids() {
  std::vector<quantization_grid> all{mote_tests::sixteen_integers(), mote_tests::non_linear(),
                                     mote::host::symmetric_grid(3),  mote::host::symmetric_grid(8),
                                     mote::host::asymmetric_grid(4), mote::host::asymmetric_grid(2, 64)};
  for (quantization_grid& g : mote_tests::super_block_grids()) all.push_back(std::move(g));
  return all;
}

/// The algorithm as it is first thought of, in double: the inverse by elimination, every column rounded, the others moved
/// by the whole row of the inverse, and the column struck out of it.
class by_elimination {
 public:
  by_elimination(const mote::host::input_moments& input, double damping) : n_(input.cols), inverse_(n_ * n_) {
    std::vector<double> h(n_ * n_);
    double trace = 0;
    for (std::size_t i = 0; i < n_; ++i) {
      for (std::size_t j = 0; j < n_; ++j)
        h[i * n_ + j] = input.hessian[std::max(i, j) * n_ + std::min(i, j)] * 2 / static_cast<double>(input.rows_seen);
      trace += h[i * n_ + i];
    }
    for (std::size_t i = 0; i < n_; ++i) h[i * n_ + i] += damping * trace / static_cast<double>(n_);
    for (std::size_t i = 0; i < n_; ++i) inverse_[i * n_ + i] = 1;
    for (std::size_t k = 0; k < n_; ++k) {  // Gauss and Jordan; no pivots: the matrix is positive definite
      const double pivot = 1 / h[k * n_ + k];
      for (std::size_t j = 0; j < n_; ++j) {
        h[k * n_ + j] *= pivot;
        inverse_[k * n_ + j] *= pivot;
      }
      for (std::size_t i = 0; i < n_; ++i) {
        const double part = h[i * n_ + k];
        if (i == k || part == 0) continue;
        for (std::size_t j = 0; j < n_; ++j) {
          h[i * n_ + j] -= part * h[k * n_ + j];
          inverse_[i * n_ + j] -= part * inverse_[k * n_ + j];
        }
      }
    }
  }
  /// The scales are given: a search may end elsewhere for a difference of one bit, and then loses a tenth more or less. That
  /// they are the format's own for blocks as they are when their first columns are reached shows in what all blocks lose,
  /// `apart` from what they lose under their own fit.
  std::vector<float> round(const std::vector<float>& weights, std::size_t rows, const quantization_grid& g,
                           const std::vector<mote::host::group_scale>& scales, double& apart) const {
    std::vector<double> w(weights.begin(), weights.end()), inverse = inverse_;
    std::vector<float> out(w.size());
    double given = 0, fitted = 0;
    for (std::size_t col = 0; col < n_; ++col) {
      for (std::size_t row = 0; row < rows; ++row) {
        if (col % g.block() == 0) {
          std::vector<float> block;
          for (std::size_t i = col; i < std::min(n_, col + g.block()); ++i)
            block.push_back(static_cast<float>(w[row * n_ + i]));
          std::vector<mote::host::group_scale> own(g.groups(block.size()));
          g.fit(block.data(), block.size(), own.data());
          const mote::host::weighted_columns columns{block.data(), nullptr, block.size()};
          for (std::size_t i = 0; i < own.size(); ++i) {
            given += mote::host::squared_loss{}(g, columns.group(g, i), scales[row * g.groups(n_) + col / g.group + i]);
            fitted += mote::host::squared_loss{}(g, columns.group(g, i), own[i]);
          }
        }
        const auto s = scales[row * g.groups(n_) + col / g.group];
        double least = 1e300;
        for (std::size_t i = 0; i < g.levels.size(); ++i) {
          const double off = std::fabs(static_cast<double>(g.value(i, s)) - w[row * n_ + col]);
          if (off >= least) continue;
          least = off;
          out[row * n_ + col] = g.value(i, s);
        }
        const double error = (w[row * n_ + col] - static_cast<double>(out[row * n_ + col])) / inverse[col * n_ + col];
        for (std::size_t j = col; j < n_; ++j) w[row * n_ + j] -= error * inverse[col * n_ + j];
      }
      for (std::size_t i = col + 1; i < n_; ++i) {
        const double part = inverse[i * n_ + col] / inverse[col * n_ + col];
        for (std::size_t j = col + 1; j < n_; ++j) inverse[i * n_ + j] -= part * inverse[col * n_ + j];
      }
    }
    apart = std::fabs(given / fitted - 1);
    return out;
  }

 private:
  std::size_t n_;
  std::vector<double> inverse_;
};
}  // namespace

TEST_CASE("gptq: what the same thoughts give in double, at ragged widths", "[host][gptq]") {
  for (const std::size_t cols : {20U, 172U, 384U}) {
    const std::size_t rows = cols == 384 ? 3 : cols == 172 ? 17 : 1;
    const auto w = mote_tests::gaussian(rows * cols, cols);
    const auto input = mote_tests::moments(cols, 2 * cols, 0.7, 3);
    const by_elimination plain(input, 0.01);
    for (const quantization_grid& g : grids()) {
      const auto found = gptq{}({.w = w.data(), .rows = rows, .cols = cols, .input = &input}, g);
      double apart = 0;
      const auto expected = plain.round(w, rows, g, found.scales, apart);
      std::size_t same = 0;
      for (std::size_t i = 0; i < expected.size(); ++i) same += found.values[i] == expected[i] ? 1U : 0U;
      const double ratio = output_error(input, w.data(), found.values.data(), rows) /
                           output_error(input, w.data(), expected.data(), rows);
      INFO(g.name << ", " << cols << ": " << same << " of " << expected.size() << " same, error x " << ratio
                  << ", scales " << apart << " apart");
      const std::size_t blocks = rows * ((cols + g.block() - 1) / g.block());
      CHECK(apart < 0.01 + 0.1 / static_cast<double>(blocks));
      CHECK(static_cast<double>(same) >= 0.98 * static_cast<double>(expected.size()));
      CHECK(std::fabs(ratio - 1) < 0.01);
    }
  }
}

TEST_CASE("gptq: scales by a search, and multiples chosen anew, lose less still", "[host][gptq]") {
  constexpr std::size_t rows = 48, cols = 576;
  const auto w = mote_tests::gaussian(rows * cols, 12);
  const auto input = mote_tests::moments(cols, 900, 0.6, 13);
  const quantizer_task t{.w = w.data(), .rows = rows, .cols = cols, .input = &input};
  for (const quantization_grid& g : mote_tests::super_block_grids()) {
    const auto error = [&](const auto& how) { return output_error(input, w.data(), how(t, g).values.data(), rows); };
    const double nearest = error(round_to_nearest{}), own = error(gptq{}), searched = error(gptq{.search = true});
    INFO(g.name << ": " << nearest << ", " << own << ", " << searched);
    CHECK(own < nearest * 0.8);
    CHECK(searched < own);
  }
}

TEST_CASE("gptq: inputs that have nothing to do with each other give rounding to nearest", "[host][gptq]") {
  constexpr std::size_t rows = 21, cols = 100;
  const auto w = mote_tests::gaussian(rows * cols, 1);
  mote::host::input_moments input{
      .cols = cols, .rows_seen = 10, .hessian = std::vector<double>(cols * cols), .magnitude = {}, .largest = {}};
  for (std::size_t i = 0; i < cols; ++i) input.hessian[i * cols + i] = 10;
  for (const quantization_grid& g : grids()) {
    INFO(g.name);
    const quantizer_task t{.w = w.data(), .rows = rows, .cols = cols, .input = &input};
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
    for (const quantization_grid& g : grids()) {
      INFO(g.name << ", " << together);
      const quantizer_task t{.w = w.data(), .rows = rows, .cols = cols, .input = &input};
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
      .cols = cols, .rows_seen = seen, .hessian = std::vector<double>(cols * cols), .magnitude = {}, .largest = {}};
  double plain = 0;
  for (std::size_t s = 0; s < seen; ++s) {
    for (std::size_t i = 0; i < cols; ++i)
      for (std::size_t j = 0; j <= i; ++j)
        input.hessian[i * cols + j] += static_cast<double>(x[s * cols + i]) * static_cast<double>(x[s * cols + j]);
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
  for (std::size_t i = 0; i < cols; ++i) input.hessian[(i > 9 ? i : 9) * cols + (i > 9 ? 9 : i)] = 0;
  const quantizer_task t{.w = w.data(), .rows = rows, .cols = cols, .input = &input};
  const auto found = gptq{}(t, mote::host::symmetric_grid(4));
  for (std::size_t row = 0; row < rows; ++row) CHECK(found.values[row * cols + 9] == 0.0F);
  for (float x : found.values) CHECK(std::isfinite(x));
  const auto again = gptq{.damping = 0}(t, mote::host::symmetric_grid(4));  // damps by itself where it must
  for (float x : again.values) CHECK(std::isfinite(x));

  input.cols = 63;
  CHECK_THROWS(gptq{}(t, mote::host::symmetric_grid(4)));
  const quantizer_task blind{.w = w.data(), .rows = rows, .cols = cols};
  CHECK(gptq{}(blind, mote_tests::non_linear()).codes == round_to_nearest{}(blind, mote_tests::non_linear()).codes);
  CHECK(gptq{.search = true}(blind, mote_tests::non_linear()).codes ==
        mote::host::mse_search{}(blind, mote_tests::non_linear()).codes);
}
