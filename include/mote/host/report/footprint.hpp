// SPDX-License-Identifier: BSL-1.0
// A pipeline's footprint for people and for scripts: a text table, JSON, and a picture for white and for black pages.
// Refuses to judge: `fit` did that at compile time; here stands by how much.
//
//   std::fputs(mote::host::footprint_text(assistant::footprint).c_str(), stdout);
#pragma once

#include <string>

#include "mote/budget/footprint.hpp"

namespace mote::inline v0::host {

/// A table of what is used, one line a region. The bars stand where each region would lie in the board's memory.
std::string footprint_text(const footprint& f);

/// The same numbers for scripts, all in bytes. No board: the three that it has are 0.
std::string footprint_json(const footprint& f);

/// A picture: one bar a memory, drawn to the board's size, with its parts by name. Follows the reader's light or dark.
std::string footprint_svg(const footprint& f);

}  // namespace mote::inline v0::host
