// SPDX-License-Identifier: BSL-1.0
// Schemes as points of an SVG picture: divergence over bytes, both growing by factors of ten or two; the ones that no other
// scheme beats in both are joined by a line.
// Refuses options: one plot, one look.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <span>
#include <string>
#include <vector>

namespace mote::inline v0::host {

struct quality_point {
  std::string name;
  double bytes, divergence;
};

/// The points that no other point beats in both: by bytes, losses falling.
inline std::vector<quality_point> frontier(std::span<const quality_point> points) {
  std::vector<quality_point> sorted(points.begin(), points.end());
  std::ranges::sort(sorted, [](const auto& a, const auto& b) {
    return a.bytes != b.bytes ? a.bytes < b.bytes : a.divergence < b.divergence;
  });
  std::vector<quality_point> best;
  for (const auto& p : sorted)
    if (best.empty() || p.divergence < best.back().divergence) best.push_back(p);
  return best;
}

inline std::string plot_quality(std::span<const quality_point> points, const std::string& title) {
  constexpr double width = 760, height = 440, left = 60, right = 30, top = 40, bottom = 50, least_shown = 1e-5;
  double least = 1e9, most = least_shown, small = 1e300, large = 1;
  for (const auto& p : points) {
    least = std::min(least, std::max(p.divergence, least_shown));
    most = std::max(most, p.divergence);
    small = std::min(small, p.bytes);
    large = std::max(large, p.bytes);
  }
  const double low = std::floor(std::log10(least)), high = std::max(low + 1, std::ceil(std::log10(most)));
  const double from = std::log2(small) - 0.1, to = std::max(std::log2(large), from + 0.5) + 0.35;
  const auto x = [&](double v) { return left + (width - left - right) * (std::log2(v) - from) / (to - from); };
  const auto y = [&](double v) {
    return height - bottom - (height - top - bottom) * (std::log10(std::max(v, least_shown)) - low) / (high - low);
  };
  char text[512];
  std::string svg;
  const auto add = [&](const char* format, auto... values) {
    std::snprintf(text, sizeof text, format, values...);
    svg += text;
  };
  add("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %.0f %.0f\" font-family=\"sans-serif\" font-size=\"12\">\n"
      "<rect width=\"100%%\" height=\"100%%\" fill=\"#ffffff\"/>\n",
      width, height);
  add("<text x=\"8\" y=\"18\" fill=\"#222222\">%s: divergence from the floats, nats a token, over the bytes of the weights</text>\n", title.c_str());
  for (double decade = low; decade <= high; ++decade) {
    const double v = std::pow(10.0, decade);
    add("<path d=\"M%.1f %.1fH%.1f\" stroke=\"#dddddd\"/><text x=\"%.1f\" y=\"%.1f\" text-anchor=\"end\" fill=\"#444444\">%g</text>\n",
        left, y(v), width - right, left - 8, y(v) + 4, v);
  }
  for (int i = 0; i <= 4; ++i) {
    const double v = small * std::pow(large / small, i / 4.0);
    add("<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\" fill=\"#444444\">%.3g KB</text>\n", x(v), height - bottom + 18, v / 1000);
  }
  svg += "<polyline fill=\"none\" stroke=\"#1f6fb2\" points=\"";
  for (const auto& p : frontier(points)) add("%.1f,%.1f ", x(p.bytes), y(p.divergence));
  svg += "\"/>\n";
  for (const auto& p : points)
    add("<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"#c2571a\"/><text x=\"%.1f\" y=\"%.1f\" font-size=\"10\" fill=\"#444444\">%s</text>\n",
        x(p.bytes), y(p.divergence), x(p.bytes) + 5, y(p.divergence) - 4, p.name.c_str());
  return svg + "</svg>\n";
}

}  // namespace mote::inline v0::host
