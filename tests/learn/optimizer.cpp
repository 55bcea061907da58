// SPDX-License-Identifier: BSL-1.0
#include "mote/learn/optimizer.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "mote/core/rng.hpp"

namespace {

constexpr std::size_t n = 32;

/// The gradient of sum of c * (theta - goal)^2 / 2.
struct quadratic {
  std::vector<double> c, goal;
  explicit quadratic(std::uint64_t seed, double away = 0) {
    mote::rng random(seed);
    for (std::size_t i = 0; i < n; ++i) {
      c.push_back(0.2 + 2.0 * static_cast<double>(random.uniform()));
      goal.push_back(away + static_cast<double>(random.normal()));
    }
  }
  double operator()(std::size_t i, double theta) const { return c[i] * (theta - goal[i]); }
};

/// As floats, because that is what the optimizer is told: 1 - 0.98F is not 0.02.
struct knobs {
  float rate, beta1, beta2, epsilon, decay, clip;
};

struct wide {
  explicit wide(knobs k)
      : rate{static_cast<double>(k.rate)},
        beta1{static_cast<double>(k.beta1)},
        beta2{static_cast<double>(k.beta2)},
        epsilon{static_cast<double>(k.epsilon)},
        decay{static_cast<double>(k.decay)},
        clip{static_cast<double>(k.clip)} {}
  double rate, beta1, beta2, epsilon, decay, clip;
};

double clip_factor(const std::vector<double>& g, double clip) {
  double sum = 0;
  for (double v : g) sum += v * v;
  return clip > 0 && std::sqrt(sum) > clip ? clip / std::sqrt(sum) : 1.0;
}

/// Runs the float optimizer and the double reference side by side over the same problem, a slope that swings. The
/// minimum is out of reach: there a gradient is all rounding, and Adam divides it by its own size.
template <class Optimizer, class Reference>
void compare(Reference reference, int steps, double tolerance) {
  const quadratic f(7, 9.0);
  const auto swing = [](int step, std::size_t i) {
    return static_cast<double>((step * static_cast<int>(i + 1)) % 7 - 3);
  };
  Optimizer optimizer;
  optimizer.reset();
  std::vector<float> theta(n), gradient(n), state(Optimizer::state_floats(n) + 1);
  std::vector<double> exact(n);
  mote::rng random(9);
  for (std::size_t i = 0; i < n; ++i) exact[i] = static_cast<double>(theta[i] = 2.0F * random.normal());
  for (int step = 1; step <= steps; ++step) {
    std::vector<double> g(n);
    for (std::size_t i = 0; i < n; ++i) {
      gradient[i] = static_cast<float>(f(i, static_cast<double>(theta[i])) + swing(step, i));
      g[i] = f(i, exact[i]) + swing(step, i);
    }
    optimizer.step(theta.data(), gradient.data(), state.data(), n);
    reference(exact, g, step);
    for (std::size_t i = 0; i < n; ++i) {
      INFO("step " << step << ", coordinate " << i);
      REQUIRE(gradient[i] == 0);
      REQUIRE(std::fabs(static_cast<double>(theta[i]) - exact[i]) < tolerance);
    }
  }
}

template <class Optimizer>
void compare_adam(knobs f, int steps, double tolerance) {
  const wide k(f);
  std::vector<double> m(n), v(n);
  compare<Optimizer>(
      [&](std::vector<double>& theta, const std::vector<double>& g, int t) {
        const double factor = clip_factor(g, k.clip);
        for (std::size_t i = 0; i < n; ++i) {
          const double x = g[i] * factor;
          m[i] = k.beta1 * m[i] + (1 - k.beta1) * x;
          v[i] = k.beta2 * v[i] + (1 - k.beta2) * x * x;
          const double mean = m[i] / (1 - std::pow(k.beta1, t));
          const double square = v[i] / (1 - std::pow(k.beta2, t));
          theta[i] -= k.rate * k.decay * theta[i];  // apart from the gradient (AdamW)
          theta[i] -= k.rate * mean / (std::sqrt(square) + k.epsilon);
        }
      },
      steps, tolerance);
}

template <class Optimizer>
void compare_sgd(knobs f, int steps, double tolerance) {
  const wide k(f);
  compare<Optimizer>(
      [&](std::vector<double>& theta, const std::vector<double>& g, int) {
        const double factor = clip_factor(g, k.clip);
        for (std::size_t i = 0; i < n; ++i) theta[i] = theta[i] * (1 - k.rate * k.decay) - k.rate * factor * g[i];
      },
      steps, tolerance);
}

}  // namespace

TEST_CASE("adam<> follows its definition in double precision") {
  SECTION("as it comes") { compare_adam<mote::adam<>>({2e-3F, 0.9F, 0.98F, 1e-8F, 0, 1}, 400, 1e-5); }
  SECTION("no clipping") {
    compare_adam<mote::adam<mote::adam_knobs{.rate = 1e-2F, .clip = 0}>>({1e-2F, 0.9F, 0.98F, 1e-8F, 0, 0}, 200, 2e-5);
  }
  SECTION("decay") {
    compare_adam<mote::adam<mote::adam_knobs{.rate = 1e-2F, .decay = 0.1F}>>({1e-2F, 0.9F, 0.98F, 1e-8F, 0.1F, 1}, 200,
                                                                             2e-5);
  }
}

TEST_CASE("sgd<> follows its definition in double precision") {
  SECTION("as it comes") { compare_sgd<mote::sgd<>>({3e-2F, 0, 0, 0, 0, 1}, 400, 2e-5); }
  SECTION("no clipping, decay") {
    compare_sgd<mote::sgd<mote::sgd_knobs{.rate = 0.1F, .decay = 0.01F, .clip = 0}>>({0.1F, 0, 0, 0, 0.01F, 0}, 400,
                                                                                     2e-5);
  }
}

TEST_CASE("optimizers reach the minimum of a quadratic") {
  const quadratic f(7);
  const auto run = [&](auto optimizer, int steps) {
    optimizer.reset();
    std::vector<float> theta(n), gradient(n), state(2 * n);
    for (int step = 0; step < steps; ++step) {
      for (std::size_t i = 0; i < n; ++i) gradient[i] = static_cast<float>(f(i, static_cast<double>(theta[i])));
      optimizer.step(theta.data(), gradient.data(), state.data(), n);
    }
    double worst = 0;
    for (std::size_t i = 0; i < n; ++i) worst = std::max(worst, std::fabs(static_cast<double>(theta[i]) - f.goal[i]));
    return worst;
  };
  CHECK(run(mote::adam<mote::adam_knobs{.rate = 1e-2F}>{}, 2000) < 1e-2);
  CHECK(run(mote::sgd<mote::sgd_knobs{.rate = 0.1F}>{}, 2000) < 1e-3);
}

TEST_CASE("a caller's norm clips like the optimizer's own") {
  std::vector<float> theta(n, 1.0F), gradient(n, 3.0F), other_theta = theta, other = gradient, state(2 * n),
                                                        other_state(2 * n);
  mote::adam<> a, b;
  a.reset();
  b.reset();
  a.step(theta.data(), gradient.data(), state.data(), n);
  b.step(other_theta.data(), other.data(), other_state.data(), n,
         mote::simd::sqrt(mote::dot(other.data(), other.data(), n)));
  CHECK(theta == other_theta);
  CHECK(state == other_state);
}

TEMPLATE_TEST_CASE("a step that would leave the floats changes nothing, and the next one is as if it had never been",
                   "", mote::adam<>, mote::sgd<>, (mote::adam<mote::adam_knobs{.clip = 0}>),
                   (mote::sgd<mote::sgd_knobs{.clip = 0}>)) {
  constexpr float inf = std::numeric_limits<float>::infinity();
  struct evil {
    float rate, gradient, parameter;
  };
  for (const evil e :
       {evil{1e6F, 1, 0}, evil{1e20F, 1, 0}, evil{inf, 1, 0}, evil{NAN, 1, 0}, evil{0.1F, NAN, 0}, evil{0.1F, inf, 0},
        evil{0.1F, -inf, 0}, evil{0.1F, 3e38F, 0}, evil{0.1F, 1, NAN}, evil{0.1F, 1, 1e6F}, evil{0.1F, 1, -inf}})
    for (const std::size_t where : {std::size_t{0}, n - 1}) {
      TestType optimizer, usual;
      std::vector<float> theta(n, 0.5F), gradient(n), state(2 * n), other, other_state;
      const auto fill = [&](int round) {
        for (std::size_t i = 0; i < n; ++i)
          gradient[i] = std::sin(static_cast<float>(i + 7U * static_cast<unsigned>(round)));
      };
      optimizer.reset();
      for (int round = 0; round < 3; ++round) {
        fill(round);
        REQUIRE(optimizer.step(theta.data(), gradient.data(), state.data(), n));
      }
      usual = optimizer;
      other = theta;
      other_state = state;
      INFO("rate " << e.rate << ", gradient " << e.gradient << ", parameter " << e.parameter);
      // What diverges.
      fill(3);
      if (e.gradient != 1) gradient[where] = e.gradient;
      if (e.rate != 0.1F)
        for (float& g : gradient) g = 10;  // clipped or not, the step is a large one
      const float kept = theta[where];
      if (e.parameter != 0) theta[where] = e.parameter;
      const float rate = optimizer.rate;
      optimizer.rate = e.rate;
      std::vector<float> before = theta;
      const bool stepped = optimizer.step(theta.data(), gradient.data(), state.data(), n);
      REQUIRE(!stepped);
      REQUIRE(std::memcmp(theta.data(), before.data(), n * 4) == 0);
      REQUIRE(std::memcmp(state.data(), other_state.data(), n * 8) == 0);
      for (const float g : gradient) REQUIRE(g == 0);
      // What follows.
      optimizer.rate = rate;
      theta[where] = kept;
      for (int round = 4; round < 6; ++round) {
        fill(round);
        REQUIRE(optimizer.step(theta.data(), gradient.data(), state.data(), n));
        fill(round);
        REQUIRE(usual.step(other.data(), gradient.data(), other_state.data(), n));
        REQUIRE(theta == other);
        REQUIRE(state == other_state);
      }
    }
}

TEST_CASE("rates that are none") {
  for (const float r : {0.0F, 1e-3F, 1.0F, 10.0F}) CHECK(mote::is_rate(r));
  for (const float r : {-1e-9F, -1.0F, 10.01F, 1e5F, 1e20F, std::numeric_limits<float>::infinity(), NAN, -NAN})
    CHECK(!mote::is_rate(r));
}

TEST_CASE("an optimizer's knobs: the ends of their ranges, and what is no number") {
  constexpr float inf = std::numeric_limits<float>::infinity(), nan = std::numeric_limits<float>::quiet_NaN();
  using a = mote::adam_knobs;
  using s = mote::sgd_knobs;
  for (const float beta : {0.0F, 0.5F, 0.99999994F})
    CHECK((a{.beta1 = beta}.are_sound() && a{.beta2 = beta}.are_sound()));
  for (const float beta : {-1e-9F, 1.0F, inf, nan})
    CHECK_FALSE((a{.beta1 = beta}.are_sound() || a{.beta2 = beta}.are_sound()));
  for (const float epsilon : {1e-30F, 1e-8F, 1.0F}) CHECK(a{.epsilon = epsilon}.are_sound());
  for (const float epsilon : {-1e-8F, 0.0F, 1e-40F, inf, nan}) CHECK_FALSE(a{.epsilon = epsilon}.are_sound());
  for (const float decay : {0.0F, 1.0F}) CHECK((a{.decay = decay}.are_sound() && s{.decay = decay}.are_sound()));
  for (const float decay : {-1e-9F, 1.1F, inf, nan})
    CHECK_FALSE((a{.decay = decay}.are_sound() || s{.decay = decay}.are_sound()));
  for (const float clip : {0.0F, 1e30F}) CHECK((a{.clip = clip}.are_sound() && s{.clip = clip}.are_sound()));
  for (const float clip : {-1e-9F, inf, nan}) CHECK_FALSE((a{.clip = clip}.are_sound() || s{.clip = clip}.are_sound()));
}
