// SPDX-License-Identifier: BSL-1.0
// The boards of mote/boards by the names that tools take on a command line.
// Refuses to give more than a board's facts: a firmware names the board's type instead.
#pragma once

#include <map>
#include <string>

#include "mote/budget/board.hpp"

namespace mote::inline v0::host {

const std::map<std::string, board_facts>& board_names();

}  // namespace mote::inline v0::host
