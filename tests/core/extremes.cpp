// SPDX-License-Identifier: BSL-1.0
// The least and the greatest, wherever they stand, and of one number alone.
#include "mote/core/extremes.hpp"

#include <catch2/catch_test_macros.hpp>
#include <cstddef>

using mote::detail::greatest_of;
using mote::detail::least_of;

TEST_CASE("extremes: the least and the greatest of some numbers, in any order") {
  STATIC_REQUIRE(least_of(7) == 7);
  STATIC_REQUIRE(greatest_of(7) == 7);
  int n[] = {-3, 0, 5};
  const int orders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
  for (const auto& o : orders) {
    CHECK(least_of(n[o[0]], n[o[1]], n[o[2]]) == -3);
    CHECK(greatest_of(n[o[0]], n[o[1]], n[o[2]]) == 5);
  }
  CHECK(least_of(std::size_t{0}, ~std::size_t{0}) == 0);  // not as if there were a sign
  CHECK(greatest_of(std::size_t{0}, ~std::size_t{0}) == ~std::size_t{0});
}
