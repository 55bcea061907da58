// SPDX-License-Identifier: BSL-1.0
#include "mote/host/report/svg.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>

#include <string>

using mote::host::detail::log_picture;
using mote::host::detail::print_to_string;

TEST_CASE("print_to_string prints any length", "[host][svg]") {
  CHECK(print_to_string("%d of %s", 3, "four") == "3 of four");
  CHECK(print_to_string("%s", std::string(2000, 'x').c_str()) == std::string(2000, 'x'));
}

TEST_CASE("log_picture: whole factors of ten from bottom to top, small numbers at the least shown", "[host][svg]") {
  log_picture picture({.width = 400, .height = 300, .left = 40, .right = 20, .top = 10, .bottom = 50}, 0.02, 3.0, 0.01);
  const auto near = [](double y) { return Catch::Matchers::WithinAbs(y, 1e-9); };
  CHECK_THAT(picture.y(0.01), near(250));
  CHECK_THAT(picture.y(10), near(10));
  CHECK_THAT(picture.y(0.1), near(170));
  CHECK_THAT(picture.y(0), near(250));
  picture.decades();
  picture.add("<!-- 100% -->");
  const std::string svg = picture.finish();
  CHECK(svg.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 400 300\""));
  CHECK(svg.ends_with("<!-- 100% --></svg>\n"));
  for (const char* label : {">0.01</text>", ">0.1</text>", ">1</text>", ">10</text>"})
    CHECK(svg.find(label) != std::string::npos);
}
