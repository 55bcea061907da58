// SPDX-License-Identifier: BSL-1.0
#include "mote/host/report/quality_plot.hpp"

#include <algorithm>
#include <cmath>
#include <span>
#include <string>
#include <vector>

#include "mote/host/report/svg.hpp"

namespace mote::inline v0::host {

std::vector<quality_point> frontier(std::span<const quality_point> points) {
  std::vector<quality_point> sorted(points.begin(), points.end());
  std::ranges::sort(sorted, [](const auto& a, const auto& b) {
    return a.bytes != b.bytes ? a.bytes < b.bytes : a.divergence < b.divergence;
  });
  std::vector<quality_point> best;
  for (const auto& p : sorted)
    if (best.empty() || p.divergence < best.back().divergence) best.push_back(p);
  return best;
}

std::string plot_quality(std::span<const quality_point> points, const std::string& title) {
  constexpr double width = 760, height = 440, left = 60, right = 30, top = 40, bottom = 50, least_shown = 1e-5;
  double least = 1e9, most = least_shown, smallest = 1e300, large = 1;
  for (const auto& p : points) {
    least = (std::min)(least, (std::max)(p.divergence, least_shown));
    most = (std::max)(most, p.divergence);
    smallest = (std::min)(smallest, p.bytes);
    large = (std::max)(large, p.bytes);
  }
  const double from = std::log2(smallest) - 0.1, to = (std::max)(std::log2(large), from + 0.5) + 0.35;
  const auto x = [&](double v) { return left + (width - left - right) * (std::log2(v) - from) / (to - from); };
  detail::log_picture svg({width, height, left, right, top, bottom}, least, most, least_shown);
  svg.add(
      "<text x=\"8\" y=\"18\" fill=\"#222222\">%s: divergence from the floats, nats a token, over the bytes of the weights</text>\n",
      title.c_str());
  svg.decades();
  for (int i = 0; i <= 4; ++i) {
    const double v = smallest * std::pow(large / smallest, i / 4.0);
    svg.add("<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\" fill=\"#444444\">%.3g KB</text>\n", x(v),
            height - bottom + 18, v / 1000);
  }
  svg.add("<polyline fill=\"none\" stroke=\"#1f6fb2\" points=\"");
  for (const auto& p : frontier(points)) svg.add("%.1f,%.1f ", x(p.bytes), svg.y(p.divergence));
  svg.add("\"/>\n");
  for (const auto& p : points)
    svg.add(
        "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"#c2571a\"/><text x=\"%.1f\" y=\"%.1f\" font-size=\"10\" fill=\"#444444\">%s</text>\n",
        x(p.bytes), svg.y(p.divergence), x(p.bytes) + 5, svg.y(p.divergence) - 4, p.name.c_str());
  return svg.finish();
}

}  // namespace mote::inline v0::host
