// SPDX-License-Identifier: BSL-1.0
// The results of what_helps() as text: the changes that would make a pipeline fit, one per line, as C++ spells them.
// Refuses to choose among them: the reader knows what the application can do without.
#pragma once

#include <string>

#include "mote/budget/what_helps.hpp"

namespace mote::inline v0::host {

/// One change as it is spelled in a program: "context<64>", "cache_in<"DTCM">", ".tokens = 32".
std::string policy_text(const help& h, const board_facts& board);

/// All changes that help, each with the bytes that it saves and whether it is enough alone.
std::string helps_text(const helps& h, const board_facts& board);

/// The changes that make it fit together, one per line, or the bytes that are missing if nothing does. Empty if one
/// change is enough or none is needed.
std::string remedy_text(const remedy& r, const board_facts& board);

}  // namespace mote::inline v0::host
