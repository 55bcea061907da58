// SPDX-License-Identifier: BSL-1.0
#include "mote/core/status.hpp"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <cctype>
#include <set>
#include <string_view>

TEST_CASE("every status has a name of its own, and what is no status is unknown", "[core][status]") {
  std::set<std::string_view> names;
  bool past_the_last = false;
  for (int i = 0; i < 256; ++i) {
    const std::string_view name = mote::name(static_cast<mote::status>(i));
    CAPTURE(i, name);
    if (name == "unknown") {
      past_the_last = true;
      continue;
    }
    REQUIRE_FALSE(past_the_last);  // no hole: a case was forgotten in name()
    REQUIRE_FALSE(name.empty());
    REQUIRE(names.insert(name).second);
    REQUIRE(std::all_of(name.begin(), name.end(),
                        [](unsigned char c) { return std::islower(c) != 0 || std::isdigit(c) != 0 || c == '_'; }));
  }
  CHECK(past_the_last);
  CHECK(names.size() > 10);
}

TEST_CASE("success is zero and is called ok", "[core][status]") {
  STATIC_CHECK(static_cast<int>(mote::status::ok) == 0);
  STATIC_CHECK(mote::status{} == mote::status::ok);
  STATIC_CHECK(mote::name(mote::status::ok) == "ok");
  STATIC_CHECK(mote::name(mote::status::wrong_shape) == "wrong_shape");
  STATIC_CHECK(sizeof(mote::status) == 1);
}
