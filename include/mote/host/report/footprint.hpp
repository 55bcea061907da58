// SPDX-License-Identifier: BSL-1.0
// A pipeline's footprint for people and for scripts: a text table, JSON, and an SVG picture for light and dark pages.
// Refuses to fail on a pipeline that does not fit its board: `fit` rejects that at compile time; this says by how much.
//
//   std::fputs(mote::host::footprint_text(assistant::footprint).c_str(), stdout);
#pragma once

#include <string>

#include "mote/budget/footprint.hpp"

namespace mote::inline v0::host {

/// A table with one line per part of RAM and flash. Each bar shows where the part would be in the board's memory.
std::string footprint_text(const footprint& f);

/// The same numbers in bytes, for scripts. Without a board both `available` and `block_available` are 0.
std::string footprint_json(const footprint& f);

/// One bar per memory, to the scale of the board's, with its parts by name. Follows the reader's light or dark theme.
std::string footprint_svg(const footprint& f);

}  // namespace mote::inline v0::host
