// SPDX-License-Identifier: BSL-1.0
#include "mote/host/report/quality_plot.hpp"

#include <catch2/catch_test_macros.hpp>

namespace host = mote::host;

TEST_CASE("quality_plot: the frontier is what nothing beats in both", "[host][quality_plot]") {
  const std::vector<host::quality_point> points{{"a", 100, 0.5},      {"b", 200, 0.1},  {"worse", 200, 0.2},
                                                {"larger", 300, 0.3}, {"c", 400, 0.01}, {"equal", 500, 0.01}};
  std::string names;
  for (const auto& p : host::frontier(points)) names += p.name + " ";
  CHECK(names == "a b c ");
}

TEST_CASE("quality_plot: every point lies in the picture, further right the larger, further up the worse",
          "[host][quality_plot]") {
  const std::vector<host::quality_point> points{{"few", 1000, 4.0}, {"more", 3000, 0.02}, {"most", 8000, 0.0}};
  const std::string svg = host::plot_quality(points, "a model");
  CHECK(svg.starts_with("<svg"));
  CHECK(svg.ends_with("</svg>\n"));
  double last_x = 0, last_y = 0;
  std::size_t at = 0;
  for (const auto& p : points) {
    at = svg.find("<circle cx=\"", at + 1);
    REQUIRE(at != std::string::npos);
    const double x = std::stod(svg.substr(at + 12));
    const double y = std::stod(svg.substr(svg.find("cy=\"", at) + 4));
    CHECK(x > last_x);
    CHECK(y > last_y);
    CHECK(x < 760);
    CHECK(y < 440);
    last_x = x;
    last_y = y;
    CHECK(svg.find(">" + p.name + "</text>") != std::string::npos);
  }
}
