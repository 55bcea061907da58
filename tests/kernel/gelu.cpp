// SPDX-License-Identifier: BSL-1.0
#include "mote/kernel/gelu.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <numbers>
#include <vector>

#include "../model/plain_parts.hpp"

namespace {

/// gelu_tanh of plain_math.hpp without its difference of 1 and nearly -1, which has no digits left below -6.
double gelu(double x) { return x / (1 + std::exp(-2 * std::sqrt(2 / std::numbers::pi) * (x + 0.044715 * x * x * x))); }

}  // namespace

TEST_CASE("GELU and its gradient follow the definition in double precision, far out as well") {
  std::vector<float> x, dy;
  for (int i = -9600; i <= 9600; ++i) x.push_back(static_cast<float>(i) / 1024);
  for (const float far : {1e-30F, -1e-30F, 19.0F, 21.0F, -21.0F, 1e6F, -1e6F, 1e30F, -1e30F, 0.0F}) x.push_back(far);
  const std::size_t n = x.size();
  mote::rng random(1);
  x.resize(mote::padded(n));
  for (std::size_t i = 0; i < x.size(); ++i) dy.push_back(random.normal());
  std::vector<float> y(x.size());
  mote::gelu_tanh(x.data(), n, y.data());
  auto in_place = x, dx = x;
  mote::gelu_tanh(in_place.data(), n, in_place.data());
  CHECK(in_place == y);
  mote::gelu_tanh_gradient(dx.data(), dy.data(), n);
  for (std::size_t i = 0; i < n; ++i) {
    double v = static_cast<double>(x[i]);
    INFO("x " << v);
    if (std::fabs(v) < 5)
      REQUIRE(std::fabs(gelu(v) - mote_tests::gelu_tanh(v)) <= 1e-14);  // the reference is the same function
    REQUIRE(std::fabs(static_cast<double>(y[i]) - gelu(v)) <=
            (4e-6 + 1e-8 * v * v * std::fabs(v)) * std::fabs(gelu(v)) +
                1e-38 * std::fabs(v));  // exp rounds its argument, and is clamped
    const auto slope =
        std::fabs(v) > 20 ? (v > 0 ? 1.0 : 0.0) : mote_tests::central_difference(v, [&] { return gelu(v); }).slope;
    REQUIRE(std::fabs(static_cast<double>(dx[i]) - static_cast<double>(dy[i]) * slope) <=
            2e-6 * std::fabs(static_cast<double>(dy[i])));
  }
  const std::vector<float> none(16, NAN);
  std::vector<float> still(16);
  mote::gelu_tanh(none.data(), 16, still.data());
  for (const float v : still) REQUIRE(std::isnan(v));
}

TEST_CASE("GELU by the error function and its gradient follow the definition in double precision, far out as well") {
  std::vector<float> x, dy;
  for (int i = -9600; i <= 9600; ++i) x.push_back(static_cast<float>(i) / 1024);
  for (const float far : {1e-30F, -1e-30F, 11.9F, -11.9F, 13.0F, -13.0F, 1e6F, -1e6F, 1e30F, 0.0F}) x.push_back(far);
  const std::size_t n = x.size();
  mote::rng random(1);
  x.resize(mote::padded(n));
  for (std::size_t i = 0; i < x.size(); ++i) dy.push_back(random.normal());
  std::vector<float> y(x.size());
  mote::gelu_erf(x.data(), n, y.data());
  auto in_place = x, dx = x;
  mote::gelu_erf(in_place.data(), n, in_place.data());
  CHECK(in_place == y);
  mote::gelu_erf_gradient(dx.data(), dy.data(), n);
  for (std::size_t i = 0; i < n; ++i) {
    double v = static_cast<double>(x[i]);
    INFO("x " << v);
    const auto gelu = [](double a) { return 0.5 * a * std::erfc(-a / std::numbers::sqrt2); };  // no digits are lost
    if (std::fabs(v) < 3) REQUIRE(std::fabs(gelu(v) - mote_tests::gelu_erf(v)) <= 1e-15);
    REQUIRE(std::fabs(static_cast<double>(y[i]) - gelu(v)) <=
            (6e-7 + 1e-7 * v * v) * std::fabs(gelu(v)) + 3e-33 * std::fabs(v));
    const auto slope =
        std::fabs(v) > 12 ? (v > 0 ? 1.0 : 0.0) : mote_tests::central_difference(v, [&] { return gelu(v); }).slope;
    REQUIRE(std::fabs(static_cast<double>(dx[i]) - static_cast<double>(dy[i]) * slope) <=
            1e-6 * std::fabs(static_cast<double>(dy[i])));
  }
  const std::vector<float> none(16, NAN);
  std::vector<float> still(16);
  mote::gelu_erf(none.data(), 16, still.data());
  for (const float v : still) REQUIRE(std::isnan(v));
}

TEST_CASE("GELU as a gate: the product of its value and the other input, and both gradients") {
  constexpr std::size_t n = 45;
  mote::rng random(3);
  std::vector<float> gate(48), up(48), dh(48), h(48);
  for (std::size_t i = 0; i < 48; ++i) {
    gate[i] = 3 * random.normal();
    up[i] = random.normal();
    dh[i] = random.normal();
  }
  mote::geglu(gate.data(), up.data(), n, h.data());
  auto dgate = gate, dup = up, in_place = gate;
  mote::geglu(in_place.data(), up.data(), n, in_place.data());
  CHECK(in_place == h);
  mote::geglu_gradient(dgate.data(), dup.data(), dh.data(), n);
  for (std::size_t i = 0; i < n; ++i) {
    double g = static_cast<double>(gate[i]), u = static_cast<double>(up[i]);
    const double d = static_cast<double>(dh[i]);
    const auto value = [&] { return gelu(g) * u; };
    CHECK(std::fabs(static_cast<double>(h[i]) - value()) <= 2e-6 * (std::fabs(value()) + 0.01));
    CHECK(std::fabs(static_cast<double>(dgate[i]) - d * mote_tests::central_difference(g, value).slope) <= 4e-6);
    CHECK(std::fabs(static_cast<double>(dup[i]) - d * gelu(g)) <= 2e-6 * (std::fabs(d * gelu(g)) + 0.01));
  }
}

TEST_CASE("ReLU and its gradient: what is positive passes, and what is not a number is not lost") {
  std::vector<float> x(32), dy(32), y(32);
  for (std::size_t i = 0; i < 32; ++i) {
    x[i] = (static_cast<float>(i) - 15) / 4;
    dy[i] = static_cast<float>(i) + 1;
  }
  x[0] = NAN;
  mote::relu(x.data(), 32, y.data());
  auto dx = x;
  mote::relu_gradient(dx.data(), dy.data(), 32);
  CHECK(std::isnan(y[0]));
  for (std::size_t i = 1; i < 32; ++i) {
    CHECK(y[i] == (x[i] > 0 ? x[i] : 0.0F));
    CHECK(dx[i] == (x[i] > 0 ? dy[i] : 0.0F));
  }
  mote::relu(x.data(), 32, x.data());
  for (std::size_t i = 1; i < 32; ++i) CHECK(x[i] == y[i]);
}
