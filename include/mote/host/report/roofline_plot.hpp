// SPDX-License-Identifier: BSL-1.0
// The instruction roofline (Ding and Williams 2019) of a kernel's weights, as numbers and as an SVG picture: products an
// instruction over products a byte of weights, both growing by factors of two, under what the widest load and the widest
// multiply-accumulate allow.
// Refuses time: instructions are counted, and the same on every run. And refuses to see activations, scales and loops: their
// instructions are what keeps a kernel from its roof.
#pragma once

#include <span>
#include <string>
#include <utility>

namespace mote::inline v0::host {

/// What one instruction of a target does at most.
struct instruction_roof {
  std::string load;      // the widest load's name
  double bytes;          // that it brings
  std::string multiply;  // the widest multiply-accumulate's name
  double products;       // that it adds; 1/2 where a product and its sum are two instructions
};

/// What a kernel did: products a byte of weights, and an instruction.
struct roofline_point {
  std::string name;
  double intensity, rate;
};

/// Products an instruction that no kernel exceeds: an instruction loads or multiplies, so the two come one after the other,
/// where times overlap and a roofline of times is the lower of its two lines.
inline double attainable(const instruction_roof& roof, double intensity) {
  return 1 / (1 / (roof.bytes * intensity) + 1 / roof.products);
}
inline double share_of_roof(const instruction_roof& roof, const roofline_point& p) {
  return p.rate / attainable(roof, p.intensity);
}

namespace detail {

struct text_place {
  double x, y;  // of the text's start, middle or end
  const char* anchor;
  double left, right;  // the text from end to end
};

/// Where a text of 10 pixels lies neither over a point nor over a text placed before: beside its point, above, or below.
text_place free_place(std::pair<double, double> point, double width, std::span<const std::pair<double, double>> points,
                      std::span<const text_place> placed);

}  // namespace detail

std::string plot_roofline(const instruction_roof& roof, std::span<const roofline_point> points,
                          const std::string& title);

}  // namespace mote::inline v0::host
