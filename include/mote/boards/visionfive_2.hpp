// SPDX-License-Identifier: BSL-1.0
// StarFive VisionFive 2 under Linux: four SiFive U74 (RV64GC, no vectors), 1.5 GHz (JH7110 datasheet).
// Refuses to assume more RAM than the 2 GiB board has; a quarter of it is left to Linux.
#pragma once

#include "mote/budget/board.hpp"
#include "mote/core/bytes.hpp"

namespace mote::inline v0::boards {

struct visionfive_2 {
  static constexpr board_facts facts{.name = "VisionFive 2",
                                     .ram_bytes = 1536_MiB,        // of 2 GiB LPDDR4
                                     .ram_block_bytes = 1536_MiB,  // virtual memory is contiguous
                                     .flash_bytes = 1536_MiB,      // the largest mapped file that can be resident
                                     .clock_hz = 1'500'000'000,
                                     .instructions = isa::scalar,
                                     .stack_bytes = 64_KiB};
};

}  // namespace mote::inline v0::boards
