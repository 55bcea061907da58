// SPDX-License-Identifier: BSL-1.0
// STM32F405xG: Arm Cortex-M4 with single-precision FPU, 168 MHz (ST datasheet DS8626).
// Refuses to count the core-coupled RAM (CCM) as part of the block: its addresses are not contiguous with the SRAM.
#pragma once

#include "mote/budget/board.hpp"
#include "mote/core/bytes.hpp"

namespace mote::inline v0::boards {

struct stm32f405 {
  static constexpr board_facts facts{
      .name = "STM32F405",
      .ram_bytes = 192_KiB,        // DS8626 "Embedded SRAM": 112 + 16 contiguous, 64 CCM at 0x10000000
      .ram_block_bytes = 128_KiB,  // SRAM1 and SRAM2 from 0x20000000
      .flash_bytes = 1_MiB,        // from 0x08000000
      .clock_hz = 168'000'000,
      .instructions = isa::dsp,
      .regions = {{{.name = "SRAM", .bytes = 128_KiB}, {.name = "CCM", .bytes = 64_KiB, .fast = true}}}};
};

}  // namespace mote::inline v0::boards
