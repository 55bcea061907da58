// SPDX-License-Identifier: BSL-1.0
// Against sums in double.
#include "mote/kernel/log_sum.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "mote/core/rng.hpp"

TEST_CASE("log_sum, entropy and margin are those of the sums in double") {
  mote::rng random(6);
  for (const std::size_t n : {1U, 2U, 15U, 16U, 17U, 29U, 512U, 1000U}) {
    for (const float spread : {0.0F, 1.0e-3F, 1.0F, 4.0F, 30.0F, 1.0e4F, 1.0e38F}) {
      for (int masked = 0; masked < 2; ++masked) {
        std::vector<float> logits(mote::padded(n), NAN);
        for (std::size_t i = 0; i < n; ++i) {
          logits[i] = spread * (random.uniform() - 0.3F);
          if (masked == 1 && i % 3 == 1) logits[i] = -0x1p50F;
        }
        std::vector<double> sorted(logits.begin(), logits.begin() + static_cast<std::ptrdiff_t>(n));
        std::sort(sorted.rbegin(), sorted.rend());
        double sum = 0, entropy = 0;
        for (const double l : sorted) sum += std::exp(l - sorted[0]);
        for (const double l : sorted)
          if (const double p = std::exp(l - sorted[0]) / sum; p > 0) entropy -= p * std::log(p);
        const double margin = n == 1 ? 1 : (1 - std::exp(sorted[1] - sorted[0])) / sum;
        const double expected = sorted[0] + std::log(sum);
        INFO("n " << n << ", spread " << spread << ", masked " << masked);
        const mote::log_sum_entropy all = mote::log_sum_with_entropy(logits.data(), n);
        const double slack = 2e-6 * std::max(1.0, std::fabs(expected));
        CHECK(std::fabs(static_cast<double>(all.log_sum) - expected) < slack);
        CHECK(all.log_sum == mote::log_sum(logits.data(), n));
        CHECK(std::fabs(static_cast<double>(all.entropy) - entropy) < 2e-5);
        CHECK(std::fabs(static_cast<double>(all.margin) - margin) < 2e-6);
      }
    }
  }
}
