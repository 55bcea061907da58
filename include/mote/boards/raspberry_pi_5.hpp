// SPDX-License-Identifier: BSL-1.0
// Raspberry Pi 5 under 64-bit Linux: four Arm Cortex-A76, 2.4 GHz (Raspberry Pi 5 product brief).
// Refuses to assume more RAM than the 2 GiB board has; a quarter of it is left to Linux.
#pragma once

#include "mote/budget/board.hpp"
#include "mote/core/bytes.hpp"

namespace mote::inline v0::boards {

struct raspberry_pi_5 {
  static constexpr board_facts facts{.name = "Raspberry Pi 5",
                                     .ram_bytes = 1536_MiB,        // of 2 GiB LPDDR4X
                                     .ram_block_bytes = 1536_MiB,  // virtual memory is contiguous
                                     .flash_bytes = 1536_MiB,      // the largest mapped file that can be resident
                                     .clock_hz = 2'400'000'000,
                                     .instructions = isa::neon_dotprod,  // Cortex-A76: Armv8.2-A with SDOT
                                     .stack_bytes = 64_KiB};
};

}  // namespace mote::inline v0::boards
