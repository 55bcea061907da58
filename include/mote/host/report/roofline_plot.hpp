// SPDX-License-Identifier: BSL-1.0
// The instruction roofline (Ding and Williams 2019) of a kernel's weights, as numbers and as an SVG picture: products
// per instruction over products per byte of weights, both axes logarithmic, below the limit that the widest load and
// the widest multiply-accumulate set.
// Refuses time: it uses counts of instructions, which are the same on every run. The roof counts weights only; the
// instructions for activations, scales and loops are what keeps a kernel below it.
#pragma once

#include <span>
#include <string>
#include <utility>

namespace mote::inline v0::host {

/// The most that one instruction of a target does.
struct instruction_roof {
  std::string load;      // name of the widest load
  double bytes;          // per load
  std::string multiply;  // name of the widest multiply-accumulate
  double products;       // per multiply-accumulate; 1/2 if multiply and add are two instructions
};

/// A measured kernel: products per byte of weights (intensity) and products per instruction (rate).
struct roofline_point {
  std::string name;
  double intensity, rate;
};

/// The most products per instruction at an intensity. An instruction either loads or multiplies, so both counts add up;
/// in a roofline of time, loads and products overlap, and the roof is the lower of the two lines.
inline double attainable(const instruction_roof& roof, double intensity) {
  return 1 / (1 / (roof.bytes * intensity) + 1 / roof.products);
}
inline double share_of_roof(const instruction_roof& roof, const roofline_point& p) {
  return p.rate / attainable(roof, p.intensity);
}

namespace detail {

struct text_place {
  double x, y;  // pixels, of the point that `anchor` (start, middle or end) names
  const char* anchor;
  double left, right;  // the ends of the text in pixels
};

/// A place beside, above or below `point` where a text of 10 pixels' height covers no point and no text placed before;
/// if there is none, to the right of the point.
text_place free_place(std::pair<double, double> point, double width, std::span<const std::pair<double, double>> points,
                      std::span<const text_place> placed);

}  // namespace detail

std::string plot_roofline(const instruction_roof& roof, std::span<const roofline_point> points,
                          const std::string& title);

}  // namespace mote::inline v0::host
