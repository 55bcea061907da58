// SPDX-License-Identifier: BSL-1.0
#include "mote/host/report/roofline_plot.hpp"

#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>

#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "mote/core/rng.hpp"

namespace host = mote::host;

TEST_CASE("roofline_plot: the roof is reached by loads and products alone, and by nothing above",
          "[host][roofline_plot]") {
  // A kernel that is only its loads and its products, instruction by instruction.
  for (const double bytes : {4.0, 32.0})
    for (const double products : {0.5, 2.0, 16.0})
      for (const int tokens : {1, 8})
        for (const int bits : {2, 4, 8}) {
          const int weights = 4096;
          int instructions = 0;
          for (double left = weights * bits / 8.0; left > 0; left -= bytes) ++instructions;
          for (double left = weights * tokens; left > 0; left -= products) ++instructions;
          const host::instruction_roof roof{"load", bytes, "multiply", products};
          const host::roofline_point p{"kernel", tokens / (bits / 8.0), double(weights) * tokens / instructions};
          CHECK(host::attainable(roof, p.intensity) == Catch::Approx(p.rate));
          CHECK(host::share_of_roof(roof, p) == Catch::Approx(1));
          CHECK(host::attainable(roof, p.intensity) < products);
          CHECK(host::attainable(roof, p.intensity) < bytes * p.intensity);
        }
}

TEST_CASE("roofline_plot: every point lies in the picture, and both roofs are named", "[host][roofline_plot]") {
  const host::instruction_roof roof{"WIDE", 32, "MUL and ADD", 0.5};
  const std::vector<host::roofline_point> points{{"a", 0.9, 0.02}, {"b", 2.0, 0.2}, {"c", 14.0, 0.45}};
  const std::string svg = host::plot_roofline(roof, points, "a board");
  CHECK(svg.starts_with("<svg"));
  CHECK(svg.ends_with("</svg>\n"));
  for (const char* text : {"a board", "WIDE: 32 bytes", "MUL and ADD: 1/2", ">1/64</text>"})
    CHECK(svg.find(text) != std::string::npos);
  double last_x = 0, last_y = 400;
  std::size_t at = 0;
  for (const auto& p : points) {
    at = svg.find("<circle cx=\"", at + 1);
    REQUIRE(at != std::string::npos);
    const double x = std::stod(svg.substr(at + 12));
    const double y = std::stod(svg.substr(svg.find("cy=\"", at) + 4));
    CHECK(x > last_x);
    CHECK(y < last_y);
    CHECK(x < 760);
    CHECK(y > 0);
    last_x = x;
    last_y = y;
    CHECK(svg.find(">" + p.name + "</text>") != std::string::npos);
  }
}

TEST_CASE("roofline_plot: names move out of each other's way", "[host][roofline_plot]") {
  using host::detail::free_place;
  using host::detail::text_place;
  // Alone: right. A point where the name would be: left. One on either side: above. A name above already: below.
  std::vector<std::pair<double, double>> points{{100, 100}};
  CHECK(free_place(points[0], 30, points, {}).anchor == std::string("start"));
  points.emplace_back(120, 102);
  CHECK(free_place(points[0], 30, points, {}).right < 100);
  points.emplace_back(80, 98);
  CHECK(free_place(points[0], 30, points, {}).y < 100);
  const std::vector<text_place> above{{100, 94, "middle", 85, 115}};
  CHECK(free_place(points[0], 30, points, above).y > 105);

  // Far fewer names than room: none over another.
  mote::rng random(5);
  for (int round = 0; round < 20; ++round) {
    points.clear();
    for (int i = 0; i < 8; ++i) points.emplace_back(random.below(400), random.below(60));
    std::vector<text_place> placed;
    for (const auto& p : points) {
      placed.push_back(free_place(p, 20, points, placed));
      const auto& one = placed.back();
      for (std::size_t i = 0; i + 1 < placed.size(); ++i)
        CHECK((one.right <= placed[i].left || placed[i].right <= one.left || std::abs(one.y - placed[i].y) >= 10));
    }
  }
}
