// SPDX-License-Identifier: BSL-1.0
#include "mote/core/text_literal.hpp"

#include <catch2/catch_test_macros.hpp>

#include <type_traits>

namespace {
template <mote::text_literal Text>
struct named {
  static constexpr std::string_view view = Text.view();
};
}  // namespace

TEST_CASE("text_literal: texts that differ are told from those of which one stands twice", "[core]") {
  STATIC_REQUIRE(mote::detail::all_differ({}));
  STATIC_REQUIRE(mote::detail::all_differ({"a", "", "ab"}));
  STATIC_REQUIRE(!mote::detail::all_differ({"a", "b", "a"}));
  STATIC_REQUIRE(!mote::detail::all_differ({"b", "a", "a"}));
  STATIC_REQUIRE(!mote::detail::all_differ({"", ""}));
}

TEST_CASE("text_literal: a literal's bytes, those of NULs too, tell types apart", "[core]") {
  CHECK(named<"yes">::view == "yes");
  CHECK(named<"">::view.empty());
  CHECK(named<"a\0b">::view.size() == 3);
  CHECK(named<"a\0b">::view == std::string_view("a\0b", 3));
  STATIC_REQUIRE(std::is_same_v<named<"yes">, named<"yes">>);
  STATIC_REQUIRE((!std::is_same_v<named<"yes">, named<"no">> && !std::is_same_v<named<"a">, named<"a\0">>));
}
