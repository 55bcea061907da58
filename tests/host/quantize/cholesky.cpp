// SPDX-License-Identifier: BSL-1.0
#include "mote/host/quantize/cholesky.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

#include "../gaussian.hpp"

TEST_CASE("cholesky: U^T U is the inverse", "[host][cholesky]") {
  for (const std::size_t n : {1U, 2U, 7U, 40U, 133U}) {
    const auto input = mote_tests::moments(n, 2 * n + 3, 0.6, n);
    std::vector<double> h = input.hessian;
    for (std::size_t i = 0; i < n; ++i) {
      h[i * n + i] += 0.1;
      for (std::size_t j = i + 1; j < n; ++j) h[i * n + j] = 1e30;  // the upper triangle is not read
    }
    std::vector<double> u = h;
    REQUIRE(mote::host::upper_of_inverse(u, n));
    const auto full = [&](std::size_t i, std::size_t j) { return i >= j ? h[i * n + j] : h[j * n + i]; };
    for (std::size_t i = 0; i < n; ++i) {
      CHECK(u[i * n + i] > 0);
      for (std::size_t j = 0; j < n; ++j) {  // (H U^T U)[i][j]
        double sum = 0;
        for (std::size_t k = 0; k < n; ++k) {
          double inverse = 0;
          for (std::size_t l = 0; l <= std::min(k, j); ++l) inverse += u[l * n + k] * u[l * n + j];
          sum += full(i, k) * inverse;
        }
        REQUIRE(std::fabs(sum - (i == j ? 1 : 0)) < 1e-7);
      }
    }
  }
}

TEST_CASE("cholesky: says what is not positive definite", "[host][cholesky]") {
  std::vector<double> h{1, 0, 2, 1};  // 1 2 / 2 1
  CHECK_FALSE(mote::host::upper_of_inverse(h, 2));
  h = {1, 0, 0, std::nan("")};
  CHECK_FALSE(mote::host::upper_of_inverse(h, 2));
  h = {0};
  CHECK_FALSE(mote::host::upper_of_inverse(h, 1));
}
