// SPDX-License-Identifier: BSL-1.0
#include "mote/recall/no_recall.hpp"

#include <catch2/catch_test_macros.hpp>

#include <type_traits>

#include "mote/recall/slot.hpp"

TEST_CASE("no_recall: it lacks no member of its slot, keeps nothing and costs nothing", "[recall]") {
  STATIC_REQUIRE(mote::recall_lacks<mote::no_recall> == mote::recall_member::none);
  STATIC_REQUIRE(std::is_same_v<mote::slots::recall::fallback, mote::no_recall>);
  STATIC_REQUIRE(std::is_empty_v<mote::no_recall::index>);
  CHECK(!mote::no_recall::recalls);
  CHECK(mote::no_recall::ram_bytes + mote::no_recall::stack_bytes + mote::no_recall::hits + mote::no_recall::tokens ==
        0);
  STATIC_REQUIRE(!mote::searchable<mote::no_recall::index>);
}
