// SPDX-License-Identifier: BSL-1.0
// An SVG picture of compression schemes as points: divergence over bytes, both axes logarithmic. A line joins the
// schemes that no other beats in both.
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

/// The Pareto front: the points that no other point beats in both, with bytes rising and divergence falling.
std::vector<quality_point> frontier(std::span<const quality_point> points);

std::string plot_quality(std::span<const quality_point> points, const std::string& title);

}  // namespace mote::inline v0::host
