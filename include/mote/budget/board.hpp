// SPDX-License-Identifier: BSL-1.0
// The facts of a board that a budget needs. Data only: nothing here asks which compiler is running, so a PC can budget
// any board.
// Refuses to be a description of the board: what no budget reads is not here.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "mote/core/isa.hpp"

namespace mote::inline v0 {

struct board_facts {
  std::string_view name;
  std::size_t ram_bytes = 0;        ///< all RAM that a program can use
  std::size_t ram_block_bytes = 0;  ///< the largest contiguous block: a pipeline is one object and lies in one block
  std::size_t flash_bytes = 0;      ///< what can be read in place; on Linux boards, the file that is mapped
  std::uint64_t clock_hz = 0;
  isa instructions = isa::scalar;
  std::size_t stack_bytes = 4096;  ///< kept free for the call chain of one step
};

/// A board is a type with a constant `facts`: a type, so that its name stands in messages.
template <class B>
concept board = requires {
  { B::facts } -> std::convertible_to<board_facts>;
};

}  // namespace mote::inline v0
