// SPDX-License-Identifier: BSL-1.0
// What would make a pipeline fit, for people: what what_helps() found, one way a line, as it is written in a program.
// Refuses to choose: the reader knows what the application can do without.
#pragma once

#include <string>

#include "mote/budget/what_helps.hpp"

namespace mote::inline v0::host {

/// "context<64>", "cache_in<"DTCM">", ".tokens = 32".
std::string policy_text(const help& h, const board_facts& board);

std::string helps_text(const helps& h, const board_facts& board);

/// What makes it fit together, one change a line, or that nothing does. Empty where one change is enough, or none is needed.
std::string remedy_text(const remedy& r, const board_facts& board);

}  // namespace mote::inline v0::host
