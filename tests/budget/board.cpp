// SPDX-License-Identifier: BSL-1.0
#include "mote/budget/board.hpp"

#include <catch2/catch_test_macros.hpp>

namespace {
struct yours {
  static constexpr mote::board_facts facts{.name = "yours", .ram_bytes = 8, .regions = {{{.name = "TCM", .bytes = 4}}}};
};
struct no_facts {
  static constexpr int facts = 3;
};
}  // namespace

TEST_CASE("board: a type with facts is one; what is not said of it is not there", "[budget]") {
  STATIC_REQUIRE(mote::board<yours>);
  STATIC_REQUIRE(!mote::board<no_facts>);
  STATIC_REQUIRE(!mote::board<int>);
  CHECK(yours::facts.stack_bytes == 4096);
  CHECK(yours::facts.ram_block_bytes == 0);
  CHECK(yours::facts.instructions == mote::isa::scalar);
  CHECK((yours::facts.regions[0].bytes == 4 && !yours::facts.regions[0].fast && yours::facts.regions[1].bytes == 0));
  CHECK(mote::nowhere >= mote::most_regions);
}
