// SPDX-License-Identifier: BSL-1.0
// A loss curve as an SVG picture: training and held-out loss over the tokens seen.
// Refuses options: one plot, one look.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <span>
#include <string>

namespace mote::inline v0::host {

struct loss_point {
  double tokens, loss, held_out;
};

inline std::string plot_loss(std::span<const loss_point> curve, const char* across = "million tokens", double unit = 1e6) {
  constexpr double width = 720, height = 360, left = 60, right = 150, top = 30, bottom = 50;
  double most_x = 1e-9, least = 1e9, most = 1e-9;
  for (const auto& p : curve) {
    most_x = std::max(most_x, p.tokens);
    for (double y : {p.loss, p.held_out}) {
      least = std::min(least, std::max(y, 1e-4));
      most = std::max(most, y);
    }
  }
  const double low = std::floor(std::log10(least));
  const double high = std::max(low + 1, std::ceil(std::log10(most)));
  const auto x = [&](double v) { return left + (width - left - right) * v / most_x; };
  const auto y = [&](double v) {
    return height - bottom - (height - top - bottom) * (std::log10(std::max(v, 1e-4)) - low) / (high - low);
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
  for (double decade = low; decade <= high; ++decade) {
    const double v = std::pow(10.0, decade);
    add("<path d=\"M%.1f %.1fH%.1f\" stroke=\"#dddddd\"/><text x=\"%.1f\" y=\"%.1f\" text-anchor=\"end\" fill=\"#444444\">%g</text>\n",
        left, y(v), width - right, left - 8, y(v) + 4, v);
  }
  for (int i = 0; i <= 4; ++i) {
    const double v = most_x * i / 4;
    add("<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\" fill=\"#444444\">%.3g</text>\n", x(v), height - bottom + 18, v / unit);
  }
  add("<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\" fill=\"#444444\">%s</text>\n", (left + width - right) / 2, height - 12, across);
  add("<text x=\"%.1f\" y=\"16\" fill=\"#444444\">loss, nats a token</text>\n", 8.0);
  const auto line = [&](double loss_point::*value, const char* colour, const char* name, double offset) {
    svg += "<polyline fill=\"none\" stroke-width=\"2\" stroke=\"";
    svg += colour;
    svg += "\" points=\"";
    for (const auto& p : curve) add("%.1f,%.1f ", x(p.tokens), y(p.*value));
    svg += "\"/>\n";
    if (!curve.empty())
      add("<text x=\"%.1f\" y=\"%.1f\" fill=\"%s\">%s %.4f</text>\n", width - right + 8, y(curve.back().*value) + offset,
          colour, name, curve.back().*value);
  };
  line(&loss_point::loss, "#1f6fb2", "training", -4.0);
  line(&loss_point::held_out, "#c2571a", "held out", 12.0);
  return svg + "</svg>\n";
}

}  // namespace mote::inline v0::host
