// SPDX-License-Identifier: BSL-1.0
// Schemes as points of an SVG picture: divergence over bytes, both growing by factors of ten or two; the ones that no other
// scheme beats in both are joined by a line.
// Refuses options: one plot, one look.
#pragma once

#include <span>
#include <string>
#include <vector>

namespace mote::inline v0::host {

struct quality_point {
  std::string name;
  double bytes, divergence;
};

/// The points that no other point beats in both: by bytes, losses falling.
std::vector<quality_point> frontier(std::span<const quality_point> points);

std::string plot_quality(std::span<const quality_point> points, const std::string& title);

}  // namespace mote::inline v0::host
