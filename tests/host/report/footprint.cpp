// SPDX-License-Identifier: BSL-1.0
#include "mote/host/report/footprint.hpp"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <cstddef>
#include <regex>
#include <string>
#include <vector>

namespace {

using Catch::Matchers::ContainsSubstring;

constexpr mote::footprint fitting{
    .model = "tiny",
    .board = "a board",
    .ram = {.weights = 1024, .cache = 4096, .activations = 2048, .scratch = 512, .stack = 512},
    .flash = {.weights = 50000, .vocabulary = 1000, .header = 128, .code = 10000},
    .ram_available = 16384,
    .ram_block_available = 8192,
    .flash_available = 131072};

mote::footprint too_large() {
  mote::footprint f = fitting;
  f.ram.cache = 40960;
  return f;
}
mote::footprint boardless() {
  mote::footprint f = fitting;
  f.board = "";
  f.ram_available = f.ram_block_available = f.flash_available = 0;
  return f;
}

struct rect {
  double x, y, width, height;
};
/// The parts that a picture draws, in order.
std::vector<rect> parts(const std::string& svg) {
  std::vector<rect> found;
  const std::regex part(
      "<rect class=\"part\" x=\"([0-9.]+)\" y=\"([0-9.]+)\" width=\"([0-9.]+)\" height=\"([0-9.]+)\"");
  for (std::sregex_iterator m(svg.begin(), svg.end(), part), end; m != end; ++m)
    found.push_back({std::stod((*m)[1]), std::stod((*m)[2]), std::stod((*m)[3]), std::stod((*m)[4])});
  return found;
}

/// Tags open and close in order, and nothing but tags carries angle brackets.
bool well_formed(const std::string& xml) {
  std::vector<std::string> open;
  const std::regex tag("<(/?)([a-z]+)((?:\\s+[a-zA-Z0-9:-]+=\"[^\"<>]*\")*)\\s*(/?)>");
  std::size_t brackets = 0;
  for (std::sregex_iterator m(xml.begin(), xml.end(), tag), end; m != end; ++m) {
    ++brackets;
    if ((*m)[1] == "/") {
      if (open.empty() || open.back() != (*m)[2]) return false;
      open.pop_back();
    } else if ((*m)[4] != "/") {
      open.push_back((*m)[2]);
    }
  }
  return open.empty() && brackets == static_cast<std::size_t>(std::count(xml.begin(), xml.end(), '<')) &&
         brackets == static_cast<std::size_t>(std::count(xml.begin(), xml.end(), '>'));
}

}  // namespace

TEST_CASE("the table shows each part, the sum and what is left", "[host][footprint]") {
  CHECK(mote::host::footprint_text(fitting) ==
        "tiny on a board\n"
        "\n"
        "RAM                   bytes          KiB  of board\n"
        "  weights              1024          1.0     6.2 %  |##                                      |\n"
        "  cache                4096          4.0    25.0 %  |  ##########                            |\n"
        "  activations          2048          2.0    12.5 %  |            #####                       |\n"
        "  scratch               512          0.5     3.1 %  |                 #                      |\n"
        "  stack                 512          0.5     3.1 %  |                  ##                    |\n"
        "  sum                  8192          8.0    50.0 %  |====================                    |\n"
        "  board has           16384         16.0   100.0 %\n"
        "  left                 8192          8.0    50.0 %\n"
        "\n"
        "flash                 bytes          KiB  of board\n"
        "  weights             50000         48.8    38.1 %  |###############                         |\n"
        "  vocabulary           1000          1.0     0.8 %  |               #                        |\n"
        "  header                128          0.1     0.1 %  |               #                        |\n"
        "  code                10000          9.8     7.6 %  |               ###                      |\n"
        "  sum                 61128         59.7    46.6 %  |==================                      |\n"
        "  board has          131072        128.0   100.0 %\n"
        "  left                69944         68.3    53.4 %\n"
        "\n"
        "The object of 7680 bytes fits into the largest block of RAM, 8192 bytes: 0.5 KiB left.\n");
}

TEST_CASE("a pipeline that is too large says by how much, in all three forms", "[host][footprint]") {
  const mote::footprint f = too_large();
  const std::string text = mote::host::footprint_text(f);
  CHECK_THAT(text, ContainsSubstring("OVER BY             28672         28.0   175.0 %"));
  CHECK_THAT(text, ContainsSubstring("|==============!!!!!!!!!!!!!!!!!!!!!!!!!!|"));
  CHECK_THAT(text, ContainsSubstring("DOES NOT FIT into the largest block of RAM, 8192 bytes: over by 35.5 KiB"));
  CHECK_THAT(mote::host::footprint_json(f), ContainsSubstring("\"sum\": 45056"));
  const std::string svg = mote::host::footprint_svg(f);
  CHECK_THAT(svg, ContainsSubstring("over by 28.0 KiB"));
  CHECK_THAT(svg, ContainsSubstring("class=\"limit\""));
  for (const rect& r : parts(svg)) CHECK(r.x + r.width <= 737.6);  // inside the card, though the board's limit is not
}

TEST_CASE("without a board there is a table, no per cent and no limit", "[host][footprint]") {
  const mote::footprint f = boardless();
  const std::string text = mote::host::footprint_text(f);
  CHECK_THAT(text, ContainsSubstring("  sum                  8192          8.0  |===="));
  CHECK_THAT(text, !ContainsSubstring("%"));
  CHECK_THAT(text, !ContainsSubstring("board"));
  CHECK_THAT(text, !ContainsSubstring("nan"));
  const std::string svg = mote::host::footprint_svg(f);
  CHECK(well_formed(svg));
  CHECK_THAT(svg, !ContainsSubstring("class=\"limit\""));
  CHECK_THAT(mote::host::footprint_svg(mote::footprint{}), !ContainsSubstring("nan") && !ContainsSubstring("inf"));
  CHECK_THAT(mote::host::footprint_text(mote::footprint{}), ContainsSubstring("this pipeline"));
}

TEST_CASE("the JSON has every number, zeros too", "[host][footprint]") {
  CHECK(mote::host::footprint_json(fitting) ==
        "{\n"
        "  \"model\": \"tiny\",\n"
        "  \"board\": \"a board\",\n"
        "  \"ram_bytes\": {\n"
        "    \"weights\": 1024,\n"
        "    \"cache\": 4096,\n"
        "    \"activations\": 2048,\n"
        "    \"gradients\": 0,\n"
        "    \"perturbed\": 0,\n"
        "    \"optimizer\": 0,\n"
        "    \"index\": 0,\n"
        "    \"scratch\": 512,\n"
        "    \"stack\": 512,\n"
        "    \"object\": 7680,\n"
        "    \"sum\": 8192,\n"
        "    \"block_available\": 8192,\n"
        "    \"available\": 16384\n"
        "  },\n"
        "  \"flash_bytes\": {\n"
        "    \"weights\": 50000,\n"
        "    \"vocabulary\": 1000,\n"
        "    \"header\": 128,\n"
        "    \"code\": 10000,\n"
        "    \"image\": 51128,\n"
        "    \"sum\": 61128,\n"
        "    \"available\": 131072\n"
        "  }\n"
        "}\n");
}

TEST_CASE("the picture's parts are as wide as they are large, one after another", "[host][footprint]") {
  const std::string svg = mote::host::footprint_svg(fitting);
  CHECK(well_formed(svg));
  const std::vector<rect> drawn = parts(svg);
  REQUIRE(drawn.size() == 9);  // five of RAM, four of flash
  const std::vector<double> ram{1024, 4096, 2048, 512, 512};
  const double unit = 712.0 / 16384;
  double x = 24;
  for (std::size_t i = 0; i < ram.size(); ++i) {
    CHECK_THAT(drawn[i].x, Catch::Matchers::WithinAbs(x, 0.02));
    CHECK_THAT(drawn[i].width, Catch::Matchers::WithinAbs(ram[i] * unit, 0.02));
    x += ram[i] * unit;
  }
  CHECK(drawn[7].width >= 1.5);  // 128 bytes of 128 KiB are still seen
  CHECK(drawn[5].y > drawn[4].y + drawn[4].height);
  CHECK_THAT(svg, ContainsSubstring("prefers-color-scheme: dark"));
  CHECK_THAT(svg, ContainsSubstring("largest block, 8.0 KiB"));
}

TEST_CASE("names cannot break out of JSON or the picture", "[host][footprint]") {
  mote::footprint f = fitting;
  f.model = "a\"b\\c<d>&e\nf";
  CHECK_THAT(mote::host::footprint_json(f), ContainsSubstring("\"model\": \"a\\\"b\\\\c<d>&e\\nf\""));
  const std::string svg = mote::host::footprint_svg(f);
  CHECK_THAT(svg, ContainsSubstring("a&quot;b\\c&lt;d&gt;&amp;e f on a board"));
  CHECK(well_formed(svg));
}
