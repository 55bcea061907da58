// SPDX-License-Identifier: BSL-1.0
// STM32H743xI: Arm Cortex-M7 with double-precision FPU, 480 MHz (ST datasheet DS12110).
// Refuses to count separate banks as one block: the object needs one contiguous block, a part placed apart one region.
#pragma once

#include "mote/budget/board.hpp"
#include "mote/core/bytes.hpp"

namespace mote::inline v0::boards {

struct stm32h743 {
  static constexpr board_facts facts{
      .name = "STM32H743",
      .ram_bytes = 1060_KiB,       // DS12110 "Memories": 64 ITCM + 128 DTCM + 864 user SRAM + 4 backup
      .ram_block_bytes = 512_KiB,  // the AXI SRAM at 0x24000000; SRAM1 to SRAM3 are 288 KiB at 0x30000000
      .flash_bytes = 2_MiB,        // two banks of 1 MiB, one after the other from 0x08000000
      .clock_hz = 480'000'000,     // chip revision V; earlier revisions reach 400 MHz
      .instructions = isa::dsp,
      .stack_bytes = 8_KiB,
      .regions = {{{.name = "AXI SRAM", .bytes = 512_KiB},            // 0x24000000
                   {.name = "DTCM", .bytes = 128_KiB, .fast = true},  // 0x20000000; DMA1 and DMA2 cannot reach it
                   {.name = "SRAM1-3", .bytes = 288_KiB},             // 0x30000000, 128 + 128 + 32 contiguous
                   {.name = "SRAM4", .bytes = 64_KiB}}}};             // 0x38000000
};

}  // namespace mote::inline v0::boards
