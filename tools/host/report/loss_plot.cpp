// SPDX-License-Identifier: BSL-1.0
#include "mote/host/report/loss_plot.hpp"

#include <algorithm>
#include <span>
#include <string>

#include "mote/host/report/svg.hpp"

namespace mote::inline v0::host {

std::string plot_loss(std::span<const loss_point> points, const char* across, double unit) {
  constexpr double width = 720, height = 360, left = 60, right = 150, top = 30, bottom = 50;
  double most_x = 1e-9, least = 1e9, most = 1e-9;
  for (const auto& p : points) {
    most_x = (std::max)(most_x, p.tokens);
    for (double y : {p.loss, p.held_out}) {
      least = (std::min)(least, (std::max)(y, 1e-4));
      most = (std::max)(most, y);
    }
  }
  const auto x = [&](double v) { return left + (width - left - right) * v / most_x; };
  detail::log_picture svg({width, height, left, right, top, bottom}, least, most, 1e-4);
  svg.decades();
  for (int i = 0; i <= 4; ++i) {
    const double v = most_x * i / 4;
    svg.add("<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\" fill=\"#444444\">%.3g</text>\n", x(v),
            height - bottom + 18, v / unit);
  }
  svg.add("<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\" fill=\"#444444\">%s</text>\n", (left + width - right) / 2,
          height - 12, across);
  svg.add("<text x=\"%.1f\" y=\"16\" fill=\"#444444\">loss, nats a token</text>\n", 8.0);
  const auto line = [&](double loss_point::* value, const char* colour, const char* name, double offset) {
    svg.add("<polyline fill=\"none\" stroke-width=\"2\" stroke=\"%s\" points=\"", colour);
    for (const auto& p : points) svg.add("%.1f,%.1f ", x(p.tokens), svg.y(p.*value));
    svg.add("\"/>\n");
    if (!points.empty())
      svg.add("<text x=\"%.1f\" y=\"%.1f\" fill=\"%s\">%s %.4f</text>\n", width - right + 8,
              svg.y(points.back().*value) + offset, colour, name, points.back().*value);
  };
  line(&loss_point::loss, "#1f6fb2", "training", -4.0);
  line(&loss_point::held_out, "#c2571a", "held out", 12.0);
  return svg.finish();
}

}  // namespace mote::inline v0::host
