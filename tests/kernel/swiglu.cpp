// SPDX-License-Identifier: BSL-1.0
#include "mote/kernel/swiglu.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <vector>

#include "mote/core/rng.hpp"

namespace {
double silu(double x) { return x / (1 + std::exp(-x)); }
}  // namespace

TEST_CASE("the gate and its gradient follow the definition in double precision") {
  mote::rng random(1);
  for (const std::size_t n : {1U, 15U, 16U, 44U, 172U}) {
    const std::size_t room = mote::padded(n);
    std::vector<float> gate(room), up(room), h(room), dh(room);
    for (std::size_t i = 0; i < n; ++i) {
      gate[i] = 6 * random.normal();
      up[i] = random.normal();
      dh[i] = random.normal();
    }
    mote::swiglu(gate.data(), up.data(), n, h.data());
    auto dgate = gate, dup = up;
    mote::swiglu_gradient(dgate.data(), dup.data(), dh.data(), n);
    auto in_place = gate;
    mote::swiglu(in_place.data(), up.data(), n, in_place.data());
    CHECK(in_place == h);
    for (std::size_t i = 0; i < n; ++i) {
      const double g = static_cast<double>(gate[i]), u = static_cast<double>(up[i]), d = static_cast<double>(dh[i]);
      INFO("n " << n << ", i " << i);
      REQUIRE(std::fabs(static_cast<double>(h[i]) - silu(g) * u) <= 1e-6 * std::fabs(silu(g) * u) + 1e-30);
      const double slope = (silu(g + 1e-5) - silu(g - 1e-5)) / 2e-5;
      REQUIRE(std::fabs(static_cast<double>(dgate[i]) - d * u * slope) <= 1e-5 * (std::fabs(d * u) + 1e-3));
      REQUIRE(std::fabs(static_cast<double>(dup[i]) - d * silu(g)) <= 1e-6 * std::fabs(d * silu(g)) + 1e-30);
    }
  }
}
