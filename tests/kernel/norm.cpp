// SPDX-License-Identifier: BSL-1.0
#include "mote/kernel/norm.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <vector>

#include "mote/core/rng.hpp"

namespace {

std::vector<float> gaussian(std::size_t n, mote::rng& random, float deviation = 1) {
  std::vector<float> v(n);
  for (float& x : v) x = random.normal() * deviation;
  return v;
}

double exact_norm(const std::vector<double>& x, std::size_t i, double gain, double epsilon) {
  double sum = 0;
  for (double v : x) sum += v * v;
  return gain * x[i] / std::sqrt(sum / static_cast<double>(x.size()) + epsilon);
}

}  // namespace

TEST_CASE("dot adds sixteen partial sums and reads nothing beyond the end") {
  mote::rng random(1);
  for (std::size_t n = 1; n <= 100; ++n) {
    auto a = gaussian(n, random), b = gaussian(n, random);
    double exact = 0, size = 0;
    float lanes[16] = {};
    for (std::size_t i = 0; i < n; ++i) {
      exact += static_cast<double>(a[i]) * static_cast<double>(b[i]);
      size += std::fabs(static_cast<double>(a[i]) * static_cast<double>(b[i]));
      volatile float part = a[i] * b[i];
      lanes[i % 16] += part;
    }
    const float joined = mote::simd::reduce_add(mote::simd::floats<16>::load(lanes));
    a.resize(n + 16, NAN);
    b.resize(n + 16, NAN);
    INFO("n " << n);
    REQUIRE(mote::dot(a.data(), b.data(), n) == joined);
    REQUIRE(std::fabs(static_cast<double>(joined) - exact) <= size * 12 * 0x1p-24);
  }
}

TEST_CASE("the norm and its gradient follow the definition in double precision") {
  mote::rng random(2);
  for (const std::size_t n : {2U, 16U, 24U, 64U, 96U, 172U}) {
    for (const float deviation : {1e-4F, 1.0F, 100.0F}) {
      const float epsilon = 1e-5F;
      const auto x = gaussian(n, random, deviation), gain = gaussian(n, random), dy = gaussian(n, random);
      const std::vector<double> wide(x.begin(), x.end());
      std::vector<float> y(n);
      mote::rms_norm(x.data(), gain.data(), n, epsilon, y.data());
      INFO("n " << n << ", deviation " << deviation);
      for (std::size_t i = 0; i < n; ++i) {
        const double exact = exact_norm(wide, i, static_cast<double>(gain[i]), static_cast<double>(epsilon));
        REQUIRE(std::fabs(static_cast<double>(y[i]) - exact) <= 1e-6 * std::fabs(exact) + 1e-30);
      }

      auto dx = gaussian(n, random);
      auto dgain = gaussian(n, random);
      const auto dx_before = dx, dgain_before = dgain;
      mote::rms_norm_gradient(x.data(), gain.data(), dy.data(), n, epsilon, dx.data(), dgain.data());
      double sum = 0, along = 0;
      for (std::size_t i = 0; i < n; ++i) sum += wide[i] * wide[i];
      const double r = 1 / std::sqrt(sum / static_cast<double>(n) + static_cast<double>(epsilon));
      for (std::size_t i = 0; i < n; ++i) along += static_cast<double>(dy[i]) * static_cast<double>(gain[i]) * wide[i];
      for (std::size_t i = 0; i < n; ++i) {
        const double d = static_cast<double>(dy[i]) * static_cast<double>(gain[i]) * r -
                         wide[i] * along * r * r * r / static_cast<double>(n);
        const double got = static_cast<double>(dx[i]) - static_cast<double>(dx_before[i]);
        REQUIRE(std::fabs(got - d) <= 2e-6 * (r * 12 + 1));  // the subtraction from what was there rounds too
        const double dg = static_cast<double>(dy[i]) * wide[i] * r;
        REQUIRE(std::fabs(static_cast<double>(dgain[i]) - static_cast<double>(dgain_before[i]) - dg) <= 3e-6);
      }
      mote::rms_norm_gradient(x.data(), gain.data(), dy.data(), n, epsilon, dx.data(), nullptr);  // a frozen gain
    }
  }
}

TEST_CASE("the gradient of the norm equals central differences of its definition") {
  mote::rng random(3);
  constexpr std::size_t n = 24;
  const auto x = gaussian(n, random), gain = gaussian(n, random), dy = gaussian(n, random);
  std::vector<float> dx(n), dgain(n);
  mote::rms_norm_gradient(x.data(), gain.data(), dy.data(), n, 1e-5F, dx.data(), dgain.data());
  std::vector<double> wide(x.begin(), x.end());
  const auto value = [&] {
    double sum = 0;
    for (std::size_t i = 0; i < n; ++i)
      sum += static_cast<double>(dy[i]) * exact_norm(wide, i, static_cast<double>(gain[i]), 1e-5);
    return sum;
  };
  for (std::size_t i = 0; i < n; ++i) {
    const double kept = wide[i];
    wide[i] = kept + 1e-5;
    const double up = value();
    wide[i] = kept - 1e-5;
    const double down = value();
    wide[i] = kept;
    CHECK(std::fabs(static_cast<double>(dx[i]) - (up - down) / 2e-5) < 1e-5);
  }
}

TEST_CASE("an addition and a norm of any length are those of plain floats, and write nothing beyond the end") {
  mote::rng random(4);
  for (std::size_t n = 1; n <= 100; ++n) {
    const auto x = gaussian(n, random), gain = gaussian(n, random);
    auto sum = gaussian(n, random);
    const auto before = sum;
    std::vector<float> y(n + 16, 7.0F);
    sum.resize(n + 16, 7.0F);
    mote::add_to(sum.data(), x.data(), n);
    mote::rms_norm(x.data(), gain.data(), n, 1e-5F, y.data());
    const float r = mote::inverse_rms(x.data(), n, 1e-5F);
    INFO("n " << n);
    for (std::size_t i = 0; i < n; ++i) {
      volatile float scaled = r * x[i];
      REQUIRE(sum[i] == before[i] + x[i]);
      REQUIRE(y[i] == gain[i] * scaled);
    }
    for (std::size_t i = n; i < n + 16; ++i) REQUIRE((sum[i] == 7.0F && y[i] == 7.0F));
  }
}
