// SPDX-License-Identifier: BSL-1.0
// What a search costs, by the number of notes: boards_plot TARGET <boards.csv >OUT.svg, of what boards.sh printed.
// Refuses lines of other targets.
//   g++ -std=c++23 -Iinclude bench/recall/boards_plot.cpp tools/host/report/svg.cpp
#include <cmath>
#include <cstdio>
#include <iostream>
#include <map>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "mote/host/report/svg.hpp"

int main(int argc, char** argv) {
  if (argc != 2) return std::fputs("boards_plot: TARGET\n", stderr), 2;
  std::vector<std::pair<std::string, std::vector<std::pair<double, double>>>> lines;  // (notes, instructions)
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream in(line);
    std::string target, name, notes, add, search;
    std::getline(in, target, ','), std::getline(in, name, ','), std::getline(in, notes, ',');
    std::getline(in, add, ','), std::getline(in, search, ',');
    if (target != argv[1]) continue;
    if (lines.empty() || lines.back().first != name) lines.emplace_back(name, std::vector<std::pair<double, double>>{});
    lines.back().second.emplace_back(std::stod(notes), std::stod(search));
  }
  if (lines.empty()) return std::fputs("boards_plot: no line of this target\n", stderr), 1;

  constexpr double width = 740, height = 360, left = 70, right = 190, top = 30, bottom = 50;
  mote::host::detail::log_picture svg({width, height, left, right, top, bottom}, 2e4, 2e7, 1);
  svg.decades();
  const auto x = [&](double notes) {
    return left + (width - left - right) * std::log2(notes / 16) / std::log2(500.0 / 16);
  };
  for (const auto& [notes, search] : lines[0].second)
    svg.add("<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\" fill=\"#444444\">%g</text>\n", x(notes),
            height - bottom + 18, notes);
  svg.add("<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\" fill=\"#444444\">notes in memory</text>\n",
          (left + width - right) / 2, height - 12);
  svg.add("<text x=\"8\" y=\"16\" fill=\"#444444\">instructions of a search, %s</text>\n", argv[1]);
  const char* const colours[] = {"#1f6fb2", "#c2571a", "#2a8a4a", "#8a4a9c", "#555555"};
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const char* const colour = colours[i % 5];
    svg.add("<polyline fill=\"none\" stroke-width=\"2\" stroke=\"%s\" points=\"", colour);
    for (const auto& [notes, search] : lines[i].second) svg.add("%.1f,%.1f ", x(notes), svg.y(search));
    svg.add("\"/>\n");
    std::string name;
    for (const char c : lines[i].first)
      name += c == '<' ? "&lt;" : c == '>' ? "&gt;" : c == ';' ? "," : std::string(1, c);
    svg.add("<text x=\"%.1f\" y=\"%.1f\" fill=\"%s\">%s</text>\n", width - right + 8,
            svg.y(lines[i].second.back().second) + 4, colour, name.c_str());
  }
  std::fputs(svg.finish().c_str(), stdout);
}
