// SPDX-License-Identifier: BSL-1.0
// Raspberry Pi 4 with 2 GiB under 64-bit Linux: four Arm Cortex-A72, 1.5 GHz (Raspberry Pi 4 product brief).
// Refuses to count all of the RAM: a quarter is left to Linux.
#pragma once

#include "mote/budget/board.hpp"
#include "mote/core/bytes.hpp"

namespace mote::inline v0::boards {

struct raspberry_pi_4 {
  static constexpr board_facts facts{.name = "Raspberry Pi 4",
                                     .ram_bytes = 1536_MiB,        // of 2 GiB LPDDR4
                                     .ram_block_bytes = 1536_MiB,  // virtual memory is contiguous
                                     .flash_bytes = 1536_MiB,      // the largest mapped file that can be resident
                                     .clock_hz = 1'500'000'000,
                                     .instructions = isa::neon,  // Cortex-A72: Armv8.0-A, no SDOT
                                     .stack_bytes = 64_KiB};
};

}  // namespace mote::inline v0::boards
