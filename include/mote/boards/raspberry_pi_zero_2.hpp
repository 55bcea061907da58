// SPDX-License-Identifier: BSL-1.0
// Raspberry Pi Zero 2 W under 64-bit Linux: four Arm Cortex-A53, 1 GHz (Raspberry Pi Zero 2 W product brief).
// Refuses to count all of the RAM: a quarter is left to Linux.
#pragma once

#include "mote/budget/board.hpp"
#include "mote/core/bytes.hpp"

namespace mote::inline v0::boards {

struct raspberry_pi_zero_2 {
  static constexpr board_facts facts{.name = "Raspberry Pi Zero 2 W",
                                     .ram_bytes = 384_MiB,        // of 512 MiB LPDDR2
                                     .ram_block_bytes = 384_MiB,  // virtual memory is contiguous
                                     .flash_bytes = 384_MiB,      // the largest mapped file that can be resident
                                     .clock_hz = 1'000'000'000,
                                     .instructions = isa::neon,  // Cortex-A53: Armv8.0-A, no SDOT
                                     .stack_bytes = 64_KiB};
};

}  // namespace mote::inline v0::boards
