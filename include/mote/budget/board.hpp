// SPDX-License-Identifier: BSL-1.0
// The facts of a board that a budget needs. Data only: nothing here asks which compiler is running, so a PC can budget
// any board.
// Refuses any fact of a board that no budget reads.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "mote/core/isa.hpp"

namespace mote::inline v0 {

/// One memory of a board that has several: a linker's region, by the name that a program uses for it.
struct memory_region {
  std::string_view name;
  std::size_t bytes = 0;
  bool fast = false;  ///< no wait states: for memory that every token uses
};
inline constexpr std::size_t most_regions = 6;
/// The number of no region.
inline constexpr std::size_t nowhere = ~std::size_t{0};

struct board_facts {
  std::string_view name;
  std::size_t ram_bytes = 0;        ///< all RAM that a program can use
  std::size_t ram_block_bytes = 0;  ///< the largest contiguous block: the object is in one, unless a region is named
  std::size_t flash_bytes = 0;      ///< what can be read in place; on Linux boards, the file that is mapped
  std::uint64_t clock_hz = 0;
  isa instructions = isa::scalar;
  std::size_t stack_bytes = 4096;                     ///< kept free for the call chain of one step
  std::array<memory_region, most_regions> regions{};  ///< where there are several; the object's home first
};

/// A board is a type with a constant `facts`: a type, so that its name is in messages.
template <class B>
concept board = requires {
  { B::facts } -> std::convertible_to<board_facts>;
};

}  // namespace mote::inline v0
