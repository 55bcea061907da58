// SPDX-License-Identifier: BSL-1.0
// Arm MPS2 FPGA board with image AN386: Cortex-M4 with FPU, 25 MHz (Arm DAI 0386). QEMU: -M mps2-an386.
// Refuses to count the 16 MiB PSRAM: it is slower, and not contiguous with the SSRAM.
#pragma once

#include "mote/budget/board.hpp"
#include "mote/core/bytes.hpp"

namespace mote::inline v0::boards {

struct mps2_an386 {
  static constexpr board_facts facts{.name = "MPS2 AN386",
                                     .ram_bytes = 4_MiB,  // ZBT SSRAM 2 and 3 from 0x20000000
                                     .ram_block_bytes = 4_MiB,
                                     .flash_bytes = 4_MiB,  // ZBT SSRAM 1 from 0, loaded at power-up and used as flash
                                     .clock_hz = 25'000'000,
                                     .instructions = isa::dsp};
};

}  // namespace mote::inline v0::boards
