// SPDX-License-Identifier: BSL-1.0
// The common parts of the SVG pictures: printf into a string, and a white page with a logarithmic vertical axis.
// Refuses to draw data: each picture draws its own curves and points.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <string>

namespace mote::inline v0::host::detail {

template <class... Values>
std::string print_to_string(const char* format, Values... values) {
  std::string out(static_cast<std::size_t>((std::max)(0, std::snprintf(nullptr, 0, format, values...))), '\0');
  std::snprintf(out.data(), out.size() + 1, format, values...);
  return out;
}

/// The opening of an SVG of width x height pixels, with the font size in pixels and a white background.
std::string white_page(double width, double height, double font_size);

/// In pixels. left, right, top and bottom are the margins between the edges of the picture and the axes.
struct picture_frame {
  double width, height, left, right, top, bottom;
};

class log_picture {
 public:
  /// The axis covers [least, most], extended to whole powers of ten. Values below `least_shown` are drawn at it.
  log_picture(picture_frame f, double least, double most, double least_shown)
      : frame_(f),
        least_shown_(least_shown),
        low_(std::floor(std::log10(least))),
        high_((std::max)(low_ + 1, std::ceil(std::log10(most)))),
        svg_(white_page(f.width, f.height, 12)) {}

  double y(double v) const {
    const double from = frame_.height - frame_.bottom;
    return from - (from - frame_.top) * (std::log10((std::max)(v, least_shown_)) - low_) / (high_ - low_);
  }
  void add(const char* text) { svg_ += text; }
  template <class... Values>
  void add(const char* format, Values... values) {
    svg_ += print_to_string(format, values...);
  }
  /// A grid line and a label at each power of ten.
  void decades() {
    for (double decade = low_; decade <= high_; ++decade) {
      const double v = std::pow(10.0, decade);
      add("<path d=\"M%.1f %.1fH%.1f\" stroke=\"#dddddd\"/><text x=\"%.1f\" y=\"%.1f\" text-anchor=\"end\" fill=\"#444444\">%g</text>\n",
          frame_.left, y(v), frame_.width - frame_.right, frame_.left - 8, y(v) + 4, v);
    }
  }
  std::string finish() const { return svg_ + "</svg>\n"; }

 private:
  picture_frame frame_;
  double least_shown_, low_, high_;
  std::string svg_;
};

}  // namespace mote::inline v0::host::detail
