// SPDX-License-Identifier: BSL-1.0
// The boards that mote ships, by the names that tools take on a command line.
// Refuses to know more than the facts of each: a firmware names the type.
#pragma once

#include <map>
#include <string>

#include "mote/budget/board.hpp"

namespace mote::inline v0::host {

const std::map<std::string, board_facts>& board_names();

}  // namespace mote::inline v0::host
