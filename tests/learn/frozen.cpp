// SPDX-License-Identifier: BSL-1.0
#include "mote/learn/frozen.hpp"

#include <catch2/catch_test_macros.hpp>

#include <type_traits>

namespace {
struct any {};
using state = mote::frozen::state<any, any>;
}  // namespace

TEST_CASE("frozen: a state of no bytes, whose adapter changes no output", "[learn]") {
  STATIC_REQUIRE((std::is_empty_v<state> && state::parameter_floats == 0 && state::optimizer_floats == 0));
  STATIC_REQUIRE((!mote::frozen::learns && !mote::frozen::owns_weights && mote::frozen::tokens == 0));
  const float x[4] = {1, 2, 3, 4};
  float y[4] = {5, 6, 7, 8};
  state::adapter().apply(0, mote::role::query, x, y);
  CHECK((y[0] == 5 && y[1] == 6 && y[2] == 7 && y[3] == 8));
}

TEST_CASE("frozen: a snapshot knows that nothing was learned", "[learn]") {
  // A value that a file holds: it may not move.
  CHECK(state::fingerprint() == mote::fingerprint{}.add("frozen").value());
  CHECK(state::fingerprint() != mote::fingerprint{}.add("lora").value());
  CHECK(state::fingerprint() != mote::fingerprint{}.value());
}
