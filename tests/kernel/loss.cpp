// SPDX-License-Identifier: BSL-1.0
#include "mote/kernel/loss.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <limits>
#include <vector>

#include "../model/plain_decoder.hpp"

TEST_CASE("softmax, cross-entropy and its gradient follow the definition in double precision") {
  mote::rng random(1);
  for (const std::size_t n : {1U, 2U, 15U, 16U, 17U, 37U, 300U, 512U}) {
    for (const float deviation : {0.01F, 1.0F, 20.0F}) {
      std::vector<float> logits(mote::padded(n), NAN);  // padding is not read
      for (std::size_t i = 0; i < n; ++i) logits[i] = random.normal() * deviation;
      std::vector<double> exact(logits.begin(), logits.begin() + static_cast<std::ptrdiff_t>(n));
      const auto before = exact;
      mote_tests::plain_decoder::softmax(exact);
      const std::size_t target = random.below(static_cast<std::uint32_t>(n));
      INFO("n " << n << ", deviation " << deviation);

      auto p = logits;
      mote::softmax(p.data(), n);
      double sum = 0;
      for (std::size_t i = 0; i < n; ++i) {
        REQUIRE(std::fabs(static_cast<double>(p[i]) - exact[i]) <= 5e-6 * exact[i] + 1e-36);
        sum += static_cast<double>(p[i]);
      }
      CHECK(std::fabs(sum - 1) < 2e-6);
      for (std::size_t i = n; i < p.size(); ++i) CHECK(p[i] == 0);

      const float weight = 0.25F;
      const float loss = mote::cross_entropy(logits.data(), n, target, weight);
      const double expected = -std::log(exact[target]) * 0.25;
      if (exact[target] > 1e-36) CHECK(std::fabs(static_cast<double>(loss) - expected) <= 2e-6 * (expected + 1));
      for (std::size_t i = 0; i < n; ++i)
        REQUIRE(std::fabs(static_cast<double>(logits[i]) - 0.25 * (exact[i] - (i == target ? 1 : 0))) <= 1e-6);
    }
  }
}

TEST_CASE("cross-entropy against a distribution and its gradient follow the definition in double precision") {
  mote::rng random(2);
  for (const std::size_t n : {1U, 2U, 15U, 16U, 17U, 37U, 300U, 512U})
    for (const float deviation : {0.01F, 1.0F, 20.0F})
      for (const float temperature : {0.5F, 1.0F, 4.0F}) {
        std::vector<float> logits(mote::padded(n), NAN), q(mote::padded(n), 0.0F);
        std::vector<double> exact(n), target(n);
        double all = 0;
        for (std::size_t i = 0; i < n; ++i) {
          logits[i] = random.normal() * deviation;
          exact[i] = static_cast<double>(logits[i]) / static_cast<double>(temperature);
          target[i] = static_cast<double>(random.uniform());
          all += target[i];
        }
        for (std::size_t i = 0; i < n; ++i) target[i] = static_cast<double>(q[i] = static_cast<float>(target[i] / all));
        mote_tests::plain_decoder::softmax(exact);
        const float weight = 0.25F;
        double expected = 0;
        bool tiny = false;
        for (std::size_t i = 0; i < n; ++i) {
          tiny = tiny || exact[i] < 1e-300;
          expected -= 0.25 * target[i] * std::log(exact[i]);
        }
        INFO("n " << n << ", deviation " << deviation << ", temperature " << temperature);
        const auto hard = logits;
        const float loss = mote::soft_cross_entropy(logits.data(), n, q.data(), weight, temperature);
        if (!tiny) CHECK(std::fabs(static_cast<double>(loss) - expected) <= 4e-6 * (expected + 1));
        for (std::size_t i = 0; i < n; ++i)
          REQUIRE(std::fabs(static_cast<double>(logits[i]) -
                            0.25 / static_cast<double>(temperature) * (exact[i] - target[i])) <= 1e-6);
        // A distribution of one token is that token.
        if (temperature == 1.0F) {
          auto one = hard, other = hard;
          std::vector<float> sure(mote::padded(n), 0.0F);
          sure[n / 2] = 1;
          const float a = mote::cross_entropy(one.data(), n, n / 2, weight);
          const float b = mote::soft_cross_entropy(other.data(), n, sure.data(), weight);
          CHECK(std::fabs(a - b) <= 4e-6F * (a + 1));
          for (std::size_t i = 0; i < n; ++i) REQUIRE(std::fabs(one[i] - other[i]) <= 1e-6F);
        }
      }
}

TEST_CASE("cross-entropy against a distribution: what is not finite gives a loss that is no number") {
  std::vector<float> q(16, 1.0F / 16);
  for (const float bad : {std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN()}) {
    std::vector<float> logits(16, 1.0F);
    logits[3] = bad;
    CHECK(std::isnan(mote::soft_cross_entropy(logits.data(), 16, q.data(), 1.0F)));
    CHECK(logits[4] == 1.0F);
    auto wrong = q;
    wrong[15] = bad;
    logits[3] = 1;
    CHECK(std::isnan(mote::soft_cross_entropy(logits.data(), 16, wrong.data(), 1.0F)));
  }
  std::vector<float> logits(16, 1.0F);
  CHECK(std::isnan(mote::soft_cross_entropy(logits.data(), 16, q.data(), 1.0F, 0.0F)));
  CHECK(logits[4] == 1.0F);
}

TEST_CASE("shifted logits are the same distribution, and large ones do not overflow") {
  std::vector<float> a{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
  auto b = a;
  for (float& v : b) v += 1024.0F;
  mote::softmax(a.data(), 16);
  mote::softmax(b.data(), 16);
  CHECK(a == b);
  std::vector<float> wide(16, -3e37F);
  wide[3] = 3e37F;
  mote::softmax(wide.data(), 16);
  CHECK(wide[3] == 1.0F);
}

TEST_CASE("a token that is sure has a loss of zero, which is not negative") {
  for (const float gap : {0.0F, 40.0F}) {  // one token alone; one far above the others
    std::vector<float> logits(16, -gap);
    logits[0] = gap;
    const float loss = mote::cross_entropy(logits.data(), gap == 0 ? 1 : 16, 0, 1.0F);
    CHECK(loss == 0.0F);
    CHECK_FALSE(std::signbit(loss));
  }
}

TEST_CASE("a loss grows with the distance of logits, and says what is not finite") {
  for (const float gap : {80.0F, 84.0F, 86.0F, 88.0F, 100.0F, 1e4F, 1e18F}) {
    std::vector<float> logits(32, 0.0F);
    logits[5] = gap;
    const float expected = gap;
    CHECK(std::fabs(mote::cross_entropy(logits.data(), 32, 7, 1.0F) - expected) <= 1e-6F * expected + 1e-5F);
  }
  for (const float v : {NAN, std::numeric_limits<float>::infinity(), -std::numeric_limits<float>::infinity()})
    for (const std::size_t at : {0U, 7U, 31U, 36U}) {
      std::vector<float> logits(48, 1.0F);
      logits[at] = v;
      CHECK(std::isnan(mote::cross_entropy(logits.data(), 37, 7, 1.0F)));
    }
}
