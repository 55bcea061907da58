// SPDX-License-Identifier: BSL-1.0
#include "mote/kernel/layer_norm.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <vector>

#include "../model/plain_parts.hpp"

namespace {

std::vector<float> gaussian(std::size_t n, mote::rng& random, float deviation = 1, float mean = 0) {
  std::vector<float> v(n);
  for (float& x : v) x = random.normal() * deviation + mean;
  return v;
}
mote_tests::plain_vector wide(const std::vector<float>& v) { return {v.begin(), v.end()}; }

}  // namespace

TEST_CASE("the layer norm follows the definition in double precision, with a bias and without, in place too") {
  mote::rng random(1);
  for (const std::size_t n : {1U, 2U, 15U, 16U, 17U, 24U, 64U, 172U})
    for (const float deviation : {1e-4F, 1.0F, 100.0F})
      for (const float mean : {0.0F, 3.0F})
        for (const bool biased : {false, true}) {
          const auto x = gaussian(n, random, deviation, mean * deviation), gain = gaussian(n, random);
          const auto bias = biased ? gaussian(n, random) : std::vector<float>{};
          std::vector<float> y(n, NAN);
          mote::layer_norm(x.data(), gain.data(), biased ? bias.data() : nullptr, n, 1e-5F, y.data());
          const auto exact = mote_tests::layer_norm(wide(x), wide(gain), wide(bias), static_cast<double>(1e-5F));
          INFO("n " << n << ", deviation " << deviation << ", mean " << mean << ", bias " << biased);
          for (std::size_t i = 0; i < n; ++i) REQUIRE(std::fabs(static_cast<double>(y[i]) - exact[i]) <= 4e-6);
          auto in_place = x;
          mote::layer_norm(in_place.data(), gain.data(), biased ? bias.data() : nullptr, n, 1e-5F, in_place.data());
          REQUIRE(in_place == y);
        }
}

TEST_CASE("the gradient of the layer norm equals central differences of its definition, added to what was there") {
  mote::rng random(2);
  for (const std::size_t n : {2U, 15U, 16U, 33U, 64U}) {
    auto x = wide(gaussian(n, random, 1, 0.5F)), gain = wide(gaussian(n, random)), bias = wide(gaussian(n, random));
    const auto dy = gaussian(n, random);
    const auto narrow = [](const mote_tests::plain_vector& v) { return std::vector<float>(v.begin(), v.end()); };
    std::vector<float> dx(n, 0.5F), dgain(n, -0.25F), dbias(n, 0.125F);
    mote::layer_norm_gradient(narrow(x).data(), narrow(gain).data(), dy.data(), n, 1e-5F, dx.data(), dgain.data(),
                              dbias.data());
    const auto loss = [&] {
      const auto y = mote_tests::layer_norm(x, gain, bias, static_cast<double>(1e-5F));
      double sum = 0;
      for (std::size_t i = 0; i < n; ++i) sum += static_cast<double>(dy[i]) * y[i];
      return sum;
    };
    INFO("n " << n);
    for (std::size_t i = 0; i < n; ++i) {
      const auto close = [&](float got, double before, double& parameter, double size) {
        const auto exact = mote_tests::central_difference(parameter, loss);
        return std::fabs(static_cast<double>(got) - before - exact.slope) <= 3e-6 * size + 2 * exact.error;
      };
      REQUIRE(close(dx[i], 0.5, x[i], n == 2 ? 20 : 3));  // of two numbers, nearly nothing goes through
      REQUIRE(close(dgain[i], -0.25, gain[i], 3));
      REQUIRE(close(dbias[i], 0.125, bias[i], 3));
    }
    std::vector<float> again(n, 0.5F);
    mote::layer_norm_gradient(narrow(x).data(), narrow(gain).data(), dy.data(), n, 1e-5F, again.data(), nullptr,
                              nullptr);  // frozen
    CHECK(again == dx);
  }
}

TEST_CASE("a layer norm of what is infinite or not a number is not a number, everywhere") {
  std::vector<float> x(20, 1.0F), gain(20, 1.0F), y(20);
  for (const float bad : {INFINITY, -INFINITY, NAN, 3e38F}) {
    x[3] = bad;
    mote::layer_norm(x.data(), gain.data(), gain.data(), x.size(), 1e-5F, y.data());
    for (const float v : y) REQUIRE(std::isnan(v));
  }
}
