// SPDX-License-Identifier: BSL-1.0
#include "mote/core/slots.hpp"

#include <catch2/catch_test_macros.hpp>

namespace {
struct own_learner {
  using slot = mote::slots::learning;
};
struct derived_learner : own_learner {};
struct no_policy {};
struct own_slot {};
struct own_slots_policy {
  using slot = own_slot;
};
class secretive {
  using slot = mote::slots::learning;
};
}  // namespace

TEST_CASE("a policy is any class that names its slot", "[core][slots]") {
  STATIC_CHECK(mote::policy<own_learner>);
  STATIC_CHECK(mote::policy<derived_learner>);
  STATIC_CHECK(mote::policy<own_slots_policy>);
  STATIC_CHECK_FALSE(mote::policy<no_policy>);
  STATIC_CHECK_FALSE(mote::policy<secretive>);
  STATIC_CHECK_FALSE(mote::policy<int>);
  STATIC_CHECK_FALSE(mote::policy<own_learner*>);
}

TEST_CASE("a policy fills its own slot only", "[core][slots]") {
  STATIC_CHECK(mote::fills<own_learner, mote::slots::learning>);
  STATIC_CHECK(mote::fills<derived_learner, mote::slots::learning>);
  STATIC_CHECK_FALSE(mote::fills<own_learner, mote::slots::recall>);
  STATIC_CHECK_FALSE(mote::fills<no_policy, mote::slots::learning>);
}
