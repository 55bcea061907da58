// SPDX-License-Identifier: BSL-1.0
#include "mote/learn/trained_floats.hpp"

#include <catch2/catch_test_macros.hpp>

#include <limits>
#include <memory>
#include <vector>

namespace {
constexpr std::size_t n = 32;
/// With its protected part open.
struct learner : mote::trained_floats<mote::sgd<>, n> {
  using trained_floats::forget;
};
struct with_state : mote::trained_floats<mote::adam<>, n> {
  using trained_floats::forget;
  float* kept() { return optimizer_state_; }
};
}  // namespace

TEST_CASE("trained_floats: it begins as zeros, and keeps what its optimizer needs", "[learn]") {
  static learner a;
  for (std::size_t i = 0; i < n; ++i) CHECK((a.parameters()[i] == 0 && a.gradients()[i] == 0));
  CHECK((learner::parameter_floats == n && learner::optimizer_floats == 0));
  CHECK(with_state::optimizer_floats == 2 * n);  // Adam's two means
  CHECK(reinterpret_cast<std::uintptr_t>(a.parameters()) % 64 == 0);
  CHECK(reinterpret_cast<std::uintptr_t>(a.gradients()) % 64 == 0);
}

TEST_CASE("trained_floats: a step goes against the gradient, and uses it up", "[learn]") {
  const auto a = std::make_unique<learner>();
  REQUIRE(a->rate(0.5F) == mote::status::ok);
  for (std::size_t i = 0; i < n; ++i) a->parameters()[i] = 1, a->gradients()[i] = 1e-3F * static_cast<float>(i);
  REQUIRE(a->step());
  for (std::size_t i = 0; i < n; ++i) {
    if (i > 0) CHECK(a->parameters()[i] < a->parameters()[i - 1]);
    CHECK(a->gradients()[i] == 0);
  }
  CHECK(a->parameters()[0] == 1);
}

TEST_CASE("trained_floats: a gradient that is not finite changes nothing", "[learn]") {
  const auto a = std::make_unique<with_state>();
  REQUIRE(a->rate(0.1F) == mote::status::ok);
  for (std::size_t i = 0; i < n; ++i) a->parameters()[i] = 1, a->gradients()[i] = 1;
  a->gradients()[n - 1] = std::numeric_limits<float>::infinity();
  CHECK(!a->step());
  for (std::size_t i = 0; i < n; ++i) CHECK((a->parameters()[i] == 1 && a->kept()[i] == 0 && a->kept()[n + i] == 0));
}

TEST_CASE("trained_floats: rates from 0 to 10 are taken, others leave the old one", "[learn]") {
  learner a;
  for (const float good : {0.0F, 1e-6F, 10.0F}) {
    CHECK(a.rate(good) == mote::status::ok);
    CHECK(a.rate() == good);
  }
  for (const float bad :
       {-1e-6F, 10.1F, std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    CHECK(a.rate(bad) == mote::status::bad_rate);
    CHECK(a.rate() == 10.0F);
  }
}

TEST_CASE("trained_floats: restored parameters begin a run of their own", "[learn]") {
  const auto used = std::make_unique<with_state>(), fresh = std::make_unique<with_state>();
  std::vector<float> saved(n);
  for (std::size_t i = 0; i < n; ++i) saved[i] = static_cast<float>(i);
  for (int step = 0; step < 3; ++step) {
    for (std::size_t i = 0; i < n; ++i) used->gradients()[i] = 1;
    REQUIRE(used->step());
  }
  for (std::size_t i = 0; i < n; ++i) used->gradients()[i] = 5;
  used->restore(saved.data());
  fresh->restore(saved.data());
  for (std::size_t i = 0; i < n; ++i) {
    CHECK((used->parameters()[i] == saved[i] && used->gradients()[i] == 0 && used->kept()[i] == 0));
    used->gradients()[i] = fresh->gradients()[i] = 0.25F;
  }
  REQUIRE((used->step() && fresh->step()));  // also the count of steps, by which Adam corrects its means
  for (std::size_t i = 0; i < n; ++i) CHECK(used->parameters()[i] == fresh->parameters()[i]);
  for (std::size_t i = 0; i < n; ++i) used->gradients()[i] = 5;
  used->drop();
  for (std::size_t i = 0; i < n; ++i) CHECK((used->gradients()[i] == 0 && used->kept()[i] != 0));
}
