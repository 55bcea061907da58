// SPDX-License-Identifier: BSL-1.0
// STM32H743xI: Arm Cortex-M7 with double-precision FPU, 480 MHz (ST datasheet DS12110).
// Refuses to count the small banks together: a pipeline is one object and lies in one block.
#pragma once

#include "mote/budget/board.hpp"
#include "mote/core/bytes.hpp"

namespace mote::inline v0::boards {

struct stm32h743 {
  static constexpr board_facts facts{
      .name = "STM32H743",
      .ram_bytes = 1060_KiB,       // DS12110 "Memories": 64 ITCM + 128 DTCM + 864 user SRAM + 4 backup
      .ram_block_bytes = 512_KiB,  // the AXI SRAM at 0x24000000; SRAM1 to SRAM3 are another 288 KiB elsewhere
      .flash_bytes = 2_MiB,        // two banks of 1 MiB, one after the other from 0x08000000
      .clock_hz = 480'000'000,     // revision V of the chip; earlier ones stop at 400 MHz
      .instructions = isa::dsp,
      .stack_bytes = 8_KiB};
};

}  // namespace mote::inline v0::boards
