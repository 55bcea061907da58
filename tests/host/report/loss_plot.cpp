// SPDX-License-Identifier: BSL-1.0
#include "mote/host/report/loss_plot.hpp"

#include <catch2/catch_test_macros.hpp>

#include <string>
#include <utility>
#include <vector>

namespace {

/// The points of the polyline of a colour.
std::vector<std::pair<double, double>> line(const std::string& svg, const std::string& colour) {
  std::vector<std::pair<double, double>> points;
  std::size_t at = svg.find("stroke=\"" + colour + "\" points=\"");
  REQUIRE(at != std::string::npos);
  at = svg.find("points=\"", at) + 8;
  while (svg[at] != '"') {
    std::size_t used = 0;
    const double x = std::stod(svg.substr(at), &used);
    at += used + 1;
    const double y = std::stod(svg.substr(at), &used);
    at += used;
    while (svg[at] == ' ') ++at;
    points.emplace_back(x, y);
  }
  return points;
}

}  // namespace

TEST_CASE("loss_plot: both curves have each point, further right the later, further down the better",
          "[host][loss_plot]") {
  const std::vector<mote::host::loss_point> points{{1e6, 8, 9}, {2e6, 4, 5}, {4e6, 2, 3}, {8e6, 1, 2.5}};
  const std::string svg = mote::host::plot_loss(points);
  CHECK(svg.starts_with("<svg"));
  CHECK(svg.ends_with("</svg>\n"));
  CHECK(svg.find("million tokens") != std::string::npos);
  CHECK(svg.find("training 1.0000") != std::string::npos);
  CHECK(svg.find("held out 2.5000") != std::string::npos);
  const auto training = line(svg, "#1f6fb2"), held = line(svg, "#c2571a");
  REQUIRE((training.size() == 4 && held.size() == 4));
  for (std::size_t i = 0; i < 4; ++i) {
    CHECK(training[i].first == held[i].first);
    CHECK(held[i].second < training[i].second);  // a larger loss is further up
    if (i == 0) continue;
    CHECK(training[i].first > training[i - 1].first);
    CHECK(training[i].second > training[i - 1].second);
  }
  // Twice the tokens, twice the way; each halving of a loss is the same way down.
  CHECK(std::abs((training[3].first - 60) - 2 * (training[2].first - 60)) < 0.3);
  CHECK(std::abs((training[3].second - training[2].second) - (training[1].second - training[0].second)) < 0.3);
}

TEST_CASE("loss_plot: no point and one of loss zero are pictures too", "[host][loss_plot]") {
  CHECK(mote::host::plot_loss({}).ends_with("</svg>\n"));
  const std::vector<mote::host::loss_point> zero{{0, 0, 0}};
  const std::string svg = mote::host::plot_loss(zero, "steps", 1);
  CHECK(svg.find("steps") != std::string::npos);
  CHECK(svg.find("nan") == std::string::npos);
  CHECK(svg.find("inf") == std::string::npos);
}
