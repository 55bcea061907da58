// SPDX-License-Identifier: BSL-1.0
// A loss curve as an SVG picture: training and held-out loss over the tokens seen.
// Refuses options: one plot, one look.
#pragma once

#include <span>
#include <string>

namespace mote::inline v0::host {

struct loss_point {
  double tokens, loss, held_out;
};

/// The SVG. `across` labels the horizontal axis, on which `unit` tokens are 1. The vertical axis is logarithmic.
std::string plot_loss(std::span<const loss_point> points, const char* across = "million tokens", double unit = 1e6);

}  // namespace mote::inline v0::host
