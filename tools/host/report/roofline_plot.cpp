// SPDX-License-Identifier: BSL-1.0
#include "mote/host/report/roofline_plot.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "mote/host/report/svg.hpp"

namespace mote::inline v0::host {

namespace detail {

text_place free_place(std::pair<double, double> point, double width, std::span<const std::pair<double, double>> points,
                      std::span<const text_place> placed) {
  const auto [x, y] = point;
  const text_place right{x + 5, y + 4, "start", x + 5, x + 5 + width};
  const auto middle = [&](double down) { return text_place{x, y + down, "middle", x - width / 2, x + width / 2}; };
  for (const text_place& p : {right, text_place{x - 5, y + 4, "end", x - 5 - width, x - 5}, middle(-6), middle(13),
                              middle(-16), middle(23)}) {
    const auto below_point = [&](const auto& q) {
      return q.first > p.left - 3 && q.first < p.right + 3 && q.second > p.y - 11 && q.second < p.y + 3;
    };
    const auto below_text = [&](const text_place& q) {
      return q.left < p.right && p.left < q.right && (std::abs)(q.y - p.y) < 10;
    };
    if (std::ranges::none_of(points, below_point) && std::ranges::none_of(placed, below_text)) return p;
  }
  return right;
}

}  // namespace detail

std::string plot_roofline(const instruction_roof& roof, std::span<const roofline_point> points,
                          const std::string& title) {
  constexpr double width = 760, height = 400, left = 50, right = 50, top = 34, bottom = 52;
  // The axes include the point where both limits meet.
  double least = roof.products, most = roof.products * 1.4, from = roof.products / roof.bytes / 1.5, to = 2;
  for (const auto& p : points) {
    least = (std::min)(least, p.rate);
    most = (std::max)(most, p.rate);
    from = (std::min)(from, p.intensity);
    to = (std::max)(to, p.intensity);
  }
  const auto whole_below = [](double v) { return std::exp2(std::floor(std::log2(v))); };
  const auto whole_above = [](double v) { return std::exp2(std::ceil(std::log2(v))); };
  from = whole_below(from), to = whole_above(to), least = whole_below(least), most = whole_above(most);
  const auto x = [&](double v) { return left + (width - left - right) * std::log2(v / from) / std::log2(to / from); };
  const auto y = [&](double v) {
    return height - bottom - (height - top - bottom) * std::log2(v / least) / std::log2(most / least);
  };
  const auto print = [](const char* format, auto... values) { return detail::print_to_string(format, values...); };
  const auto number = [&](double v) { return v < 1 ? print("1/%g", 1 / v) : print("%g", v); };

  std::string svg = detail::white_page(width, height, 10.5);
  svg += print(
      "<text x=\"8\" y=\"18\" font-size=\"12\" fill=\"#222222\">%s: products an instruction over products a byte of weights</text>\n",
      title.c_str());
  for (double v = least; v <= most; v *= 2)
    svg += print(
        "<path d=\"M%.1f %.1fH%.1f\" stroke=\"#e4e4e4\"/><text x=\"%.1f\" y=\"%.1f\" text-anchor=\"end\" fill=\"#444444\">%s</text>\n",
        left, y(v), width - right, left - 6, y(v) + 4, number(v).c_str());
  for (double v = from; v <= to; v *= 2)
    svg += print(
        "<path d=\"M%.1f %.1fV%.1f\" stroke=\"#e4e4e4\"/><text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\" fill=\"#444444\">%s</text>\n",
        x(v), top, height - bottom, x(v), height - bottom + 16, number(v).c_str());

  // The slope from where it enters the picture to where it leaves it.
  const double begin = (std::max)(from, least / roof.bytes), end = (std::min)(to, most / roof.bytes);
  svg += print(
      "<path d=\"M%.1f %.1fL%.1f %.1fM%.1f %.1fH%.1f\" fill=\"none\" stroke=\"#8a8a8a\" stroke-dasharray=\"5 3\"/>\n",
      x(begin), y(begin * roof.bytes), x(end), y(end * roof.bytes), left, y(roof.products), width - right);
  svg += print("<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"end\" fill=\"#8a8a8a\">%s: %s</text>\n", width - right - 4,
               y(roof.products) - 5, roof.multiply.c_str(), number(roof.products).c_str());
  svg += "<polyline fill=\"none\" stroke=\"#1f6fb2\" points=\"";
  for (int i = 0; i <= 40; ++i) {
    const double at = from * std::pow(to / from, i / 40.0);
    if (attainable(roof, at) >= least) svg += print("%.1f,%.1f ", x(at), y(attainable(roof, at)));
  }
  svg += print(
      "\"/>\n<text x=\"%.1f\" y=\"%.1f\" fill=\"#8a8a8a\">dashed: loads alone (%s: %g bytes) and products alone (%s); <tspan fill=\"#1f6fb2\">"
      "line: one after the other</tspan></text>\n",
      left, height - 10, roof.load.c_str(), roof.bytes, roof.multiply.c_str());

  std::vector<std::pair<double, double>> at;
  for (const auto& p : points) at.emplace_back(x(p.intensity), y(p.rate));
  std::vector<detail::text_place> names;
  for (std::size_t i = 0; i < at.size(); ++i) {
    names.push_back(detail::free_place(at[i], 5.6 * static_cast<double>(points[i].name.size()), at, names));
    svg += print(
        "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"#c2571a\"/><text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" font-size=\"10\" "
        "fill=\"#444444\">%s</text>\n",
        at[i].first, at[i].second, names[i].x, names[i].y, names[i].anchor, points[i].name.c_str());
  }
  return svg + "</svg>\n";
}

}  // namespace mote::inline v0::host
