// SPDX-License-Identifier: BSL-1.0
#include "mote/learn/early_stop.hpp"

#include <catch2/catch_test_macros.hpp>

#include <limits>

using mote::verdict;

TEST_CASE("learning stops when held-out loss has not fallen for three looks") {
  mote::early_stop<> stop;
  CHECK(stop.observe(3.0F) == verdict::better);
  CHECK(stop.observe(2.0F) == verdict::better);
  CHECK(stop.observe(2.5F) == verdict::wait);
  CHECK(stop.observe(2.1F) == verdict::wait);
  CHECK(stop.observe(1.9F) == verdict::better);  // patience starts over
  CHECK(stop.best() == 1.9F);
  CHECK(stop.observe(1.9F) == verdict::wait);
  CHECK(stop.observe(1.91F) == verdict::wait);
  CHECK(stop.observe(1.95F) == verdict::stop);
  CHECK(stop.best() == 1.9F);
}

TEST_CASE("a gain below a thousandth is none") {
  mote::early_stop<2> stop;
  CHECK(stop.observe(1.0F) == verdict::better);
  CHECK(stop.observe(0.9995F) == verdict::wait);
  CHECK(stop.observe(0.9992F) == verdict::stop);
  mote::early_stop<2> other;
  CHECK(other.observe(1.0F) == verdict::better);
  CHECK(other.observe(0.998F) == verdict::better);
}

TEST_CASE("the first look always counts, and a loss that is no number never does") {
  mote::early_stop<1> stop;
  CHECK(stop.observe(1e30F) == verdict::better);
  CHECK(stop.observe(std::numeric_limits<float>::quiet_NaN()) == verdict::stop);
  CHECK(stop.best() == 1e30F);
}

TEST_CASE("it is a constant expression") {
  static_assert([] {
    mote::early_stop<1> stop;
    return stop.observe(2.0F) == verdict::better && stop.observe(2.0F) == verdict::stop;
  }());
}

TEST_CASE("a first look that is no number is no best") {
  mote::early_stop<2> stop;
  CHECK(stop.observe(std::numeric_limits<float>::quiet_NaN()) == verdict::wait);
  CHECK(stop.observe(2.0F) == verdict::better);
  CHECK(stop.observe(std::numeric_limits<float>::infinity()) == verdict::wait);
  CHECK(stop.best() == 2.0F);
}
