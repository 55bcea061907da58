// SPDX-License-Identifier: BSL-1.0
#include "mote/host/report/footprint.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mote/budget/footprint.hpp"
#include "mote/host/report/svg.hpp"

#include "../json.hpp"

namespace mote::inline v0::host {

namespace detail {

namespace {

std::string kib(std::size_t bytes) { return print_to_string("%.1f", static_cast<double>(bytes) / 1024); }
std::string percent(std::size_t part, std::size_t whole) {
  return whole == 0 ? "" : print_to_string("%.1f %%", 100 * static_cast<double>(part) / static_cast<double>(whole));
}

struct footprint_part {
  std::string_view name;
  std::size_t bytes;
  std::string_view colour;  // mid-tones, visible on white and on black
};

/// One memory: its parts in drawing order, and the bytes that the board has (0: no board).
struct footprint_memory {
  std::string_view name;
  std::vector<footprint_part> parts;
  std::size_t available;
  std::size_t sum;
  std::size_t scale() const { return (std::max)({available, sum, std::size_t{1}}); }
};

std::vector<footprint_memory> footprint_memories(const footprint& f) {
  const ram_regions& r = f.ram;
  const flash_regions& s = f.flash;
  return {{"RAM",
           {{"weights", r.weights, "#4c78a8"},
            {"cache", r.cache, "#d0700c"},
            {"activations", r.activations, "#54a24b"},
            {"gradients", r.gradients, "#e45756"},
            {"perturbed", r.perturbed, "#c2587f"},
            {"optimizer", r.optimizer, "#b279a2"},
            {"index", r.index, "#3fa7a0"},
            {"scratch", r.scratch, "#a87c5f"},
            {"stack", r.stack, "#8c8c96"}},
           f.ram_available,
           r.sum()},
          {"flash",
           {{"weights", s.weights, "#4c78a8"},
            {"vocabulary", s.vocabulary, "#b58710"},
            {"header", s.header, "#a87c5f"},
            {"code", s.code, "#8c8c96"}},
           f.flash_available,
           s.sum()}};
}

/// "24.3 KiB left", "over by 1.0 KiB", or nothing without a board.
std::string what_is_left(std::size_t sum, std::size_t available) {
  if (available == 0) return "";
  return sum <= available ? kib(available - sum) + " KiB left" : "over by " + kib(sum - available) + " KiB";
}

std::string footprint_title(const footprint& f) {
  std::string out(f.model.empty() ? "this pipeline" : f.model);
  return f.board.empty() ? out : out + " on " + std::string(f.board);
}

std::string xml_text(std::string_view text) {
  std::string out;
  for (char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      default: out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
  }
  return out;
}

}  // namespace

}  // namespace detail

std::string footprint_text(const footprint& f) {
  using namespace detail;
  constexpr std::size_t width = 40;
  std::string out = footprint_title(f) + "\n";
  for (const footprint_memory& m : footprint_memories(f)) {
    const std::size_t whole = m.scale();
    const auto column = [&](std::size_t bytes) {
      return static_cast<std::size_t>(static_cast<double>(bytes) / static_cast<double>(whole) * width);
    };
    const auto line = [&](std::string_view name, std::size_t bytes, std::size_t from, char mark) {
      out += print_to_string("  %-12.*s %12zu %12s", static_cast<int>(name.size()), name.data(), bytes,
                             kib(bytes).c_str());
      if (m.available != 0) out += print_to_string(" %9s", percent(bytes, m.available).c_str());
      if (mark != 0) {
        const std::size_t begin = (std::min)(column(from), width - 1);
        const std::size_t end = (std::max)(column(from + bytes), begin + 1);  // every part gets one character or more
        std::string drawn = std::string(begin, ' ') + std::string(end - begin, mark) + std::string(width - end, ' ');
        if (m.available != 0 && from + bytes > m.available)  // what lies beyond the board
          for (std::size_t i = column(m.available); i < end; ++i) drawn[i] = drawn[i] == ' ' ? ' ' : '!';
        out += "  |" + drawn + "|";
      }
      out += "\n";
    };
    out += print_to_string("\n%-14.*s %12s %12s", static_cast<int>(m.name.size()), m.name.data(), "bytes", "KiB");
    out += m.available != 0 ? "  of board\n" : "\n";
    std::size_t from = 0;
    for (const footprint_part& p : m.parts) {
      if (p.bytes != 0) line(p.name, p.bytes, from, '#');
      from += p.bytes;
    }
    line("sum", m.sum, 0, '=');
    if (m.available != 0) {
      line("board has", m.available, 0, 0);
      const bool fits = m.sum <= m.available;
      line(fits ? "left" : "OVER BY", fits ? m.available - m.sum : m.sum - m.available, 0, 0);
    }
  }
  // A pipeline is one object: it must fit into one block of RAM, whatever the sum of all blocks is.
  if (f.ram_block_available != 0 && f.ram_block_available < f.ram_available) {
    const std::size_t object = f.ram.object();
    out += print_to_string("\nThe object of %zu bytes %s into the largest block of RAM, %zu bytes: %s.\n", object,
                           object <= f.ram_block_available ? "fits" : "DOES NOT FIT", f.ram_block_available,
                           what_is_left(object, f.ram_block_available).c_str());
  }
  return out;
}

std::string footprint_json(const footprint& f) {
  using json = nlohmann::ordered_json;
  json out{{"model", f.model}, {"board", f.board}};
  for (const detail::footprint_memory& m : detail::footprint_memories(f)) {
    const bool is_ram = m.name == "RAM";
    json part = json::object();
    for (const detail::footprint_part& p : m.parts) part[std::string(p.name)] = p.bytes;
    if (is_ram) part["object"] = f.ram.object();
    else part["image"] = f.flash.image();
    part["sum"] = m.sum;
    if (is_ram) part["block_available"] = f.ram_block_available;
    part["available"] = m.available;
    out[is_ram ? "ram_bytes" : "flash_bytes"] = std::move(part);
  }
  return out.dump(2, ' ', false, json::error_handler_t::replace) + "\n";  // a name that is no UTF-8 does not throw
}

std::string footprint_svg(const footprint& f) {
  using namespace detail;
  constexpr double left = 24, width = 712, bar = 34, row = 22;
  constexpr std::size_t legend_columns = 3;
  std::string body;
  std::string spoken;
  double y = 66;
  for (const footprint_memory& m : footprint_memories(f)) {
    const double unit = width / static_cast<double>(m.scale());
    const bool over = m.available != 0 && m.sum > m.available;
    body += print_to_string("<text class=\"head\" x=\"%.0f\" y=\"%.1f\">%s</text>\n", left, y,
                            m.name == "RAM" ? "RAM" : "Flash");
    const std::string summary =
        m.available == 0 ? kib(m.sum) + " KiB"
                         : kib(m.sum) + " of " + kib(m.available) + " KiB, " + what_is_left(m.sum, m.available);
    body += print_to_string("<text class=\"%s\" x=\"%.0f\" y=\"%.1f\" text-anchor=\"end\">%s</text>\n",
                            over ? "over" : "note", left + width, y, summary.c_str());
    spoken += std::string(m.name) + ": " + summary + ". ";
    y += 10;
    body += print_to_string("<rect class=\"track\" x=\"%.0f\" y=\"%.1f\" width=\"%.0f\" height=\"%.0f\"/>\n", left, y,
                            width, bar);
    double x = left;
    std::string legend;
    std::size_t shown = 0;
    for (const footprint_part& p : m.parts) {
      if (p.bytes == 0) continue;
      const double w = static_cast<double>(p.bytes) * unit;
      const std::string name(p.name);
      // A part of any size gets a visible line; the stroke is the gap between neighbours.
      body += print_to_string(
          "<rect class=\"part\" x=\"%.2f\" y=\"%.1f\" width=\"%.2f\" height=\"%.0f\" fill=\"%s\"><title>%s: %zu "
          "bytes</title></rect>\n",
          x, y, (std::max)(w, 1.5), bar, std::string(p.colour).c_str(), name.c_str(), p.bytes);
      if (w > 7.5 * static_cast<double>(name.size()) + 12)
        body += print_to_string("<text class=\"inside\" x=\"%.2f\" y=\"%.1f\" text-anchor=\"middle\">%s</text>\n",
                                x + w / 2, y + bar / 2 + 4.5, name.c_str());
      x += w;
      const double lx = left + static_cast<double>(shown % legend_columns) * (width / legend_columns);
      const double ly = y + bar + row * (1 + static_cast<double>(shown / legend_columns));
      legend += print_to_string("<rect x=\"%.1f\" y=\"%.1f\" width=\"11\" height=\"11\" rx=\"2\" fill=\"%s\"/>", lx,
                                ly - 9.5, std::string(p.colour).c_str());
      legend += print_to_string("<text class=\"label\" x=\"%.1f\" y=\"%.1f\">%s</text>", lx + 18, ly, name.c_str());
      legend += print_to_string("<text class=\"note\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"end\">%s KiB</text>\n",
                                lx + width / legend_columns - 24, ly, kib(p.bytes).c_str());
      ++shown;
    }
    const auto mark = [&](const char* what, std::size_t at) {
      body += print_to_string("<line class=\"%s\" x1=\"%.2f\" x2=\"%.2f\" y1=\"%.1f\" y2=\"%.1f\"/>\n", what,
                              left + static_cast<double>(at) * unit, left + static_cast<double>(at) * unit, y - 4,
                              y + bar + 4);
    };
    if (over) mark("limit", m.available);
    const bool banks = m.name == "RAM" && f.ram_block_available != 0 && f.ram_block_available < f.ram_available;
    if (banks) mark("block", f.ram_block_available);
    body += legend;
    y += bar + row * static_cast<double>((shown + legend_columns - 1) / legend_columns);
    if (banks) {
      y += row;
      const std::string text = "The dashed line marks the largest block, " + kib(f.ram_block_available) +
                               " KiB: the object takes " + kib(f.ram.object()) + " KiB of it.";
      body += print_to_string("<text class=\"note\" x=\"%.0f\" y=\"%.1f\">%s</text>\n", left, y, text.c_str());
    }
    y += 44;
  }
  const std::string title = xml_text(footprint_title(f));
  const double height = y - 22;
  return print_to_string(
             "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 760 %.0f\" width=\"760\" height=\"%.0f\" "
             "role=\"img\" aria-labelledby=\"title desc\">\n",
             height, height) +
         "<title id=\"title\">" + title + "</title>\n<desc id=\"desc\">" + xml_text(spoken) + "</desc>\n" +
         "<style>\n"
         "text { font-family: system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif; font-size: 13px; fill: #1f2328 }\n"
         ".name { font-size: 17px; font-weight: 600 } .head { font-size: 14px; font-weight: 600 }\n"
         ".note { fill: #57606a } .over { fill: #cf222e; font-weight: 600 }\n"
         ".inside { fill: #ffffff; font-size: 12px; font-weight: 600 }\n"
         ".card { fill: #ffffff; stroke: #d0d7de } .track { fill: #eaeef2 }\n"
         ".part { stroke: #ffffff; stroke-width: 1 } .limit { stroke: #cf222e; stroke-width: 3 }\n"
         ".block { stroke: #1f2328; stroke-width: 2; stroke-dasharray: 4 3 }\n"
         "@media (prefers-color-scheme: dark) {\n"
         "text { fill: #e6edf3 } .note { fill: #9198a1 } .over { fill: #ff7b72 } .inside { fill: #ffffff }\n"
         ".card { fill: #0d1117; stroke: #3d444d } .track { fill: #262c36 }\n"
         ".part { stroke: #0d1117 } .limit { stroke: #ff7b72 } .block { stroke: #e6edf3 }\n"
         "}\n</style>\n" +
         print_to_string("<rect class=\"card\" x=\"0.5\" y=\"0.5\" width=\"759\" height=\"%.0f\" rx=\"8\"/>\n",
                         height - 1) +
         "<text class=\"name\" x=\"24\" y=\"34\">" + title + "</text>\n" + body + "</svg>\n";
}

}  // namespace mote::inline v0::host
