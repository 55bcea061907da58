// SPDX-License-Identifier: BSL-1.0
// STM32N657X0 on ST's STM32N6570-DK: Arm Cortex-M55 with Helium, 800 MHz (ST product page and datasheet).
// Refuses to count the NPU: mote runs on the processor.
#pragma once

#include "mote/budget/board.hpp"
#include "mote/core/bytes.hpp"

namespace mote::inline v0::boards {

struct stm32n657 {
  static constexpr board_facts facts{
      .name = "STM32N657",
      .ram_bytes = 4200_KiB,     // "4.2 Mbytes of contiguous SRAM", from 0x34000000
      .ram_block_bytes = 3_MiB,  // an assumption: code takes the rest, because the chip has no flash
      .flash_bytes = 128_MiB,    // none on the chip; the kit's 1 Gbit octo-SPI flash, read in place
      .clock_hz = 800'000'000,   // with overdrive; 600 MHz without
      .instructions = isa::mve,
      .stack_bytes = 8_KiB};
};

}  // namespace mote::inline v0::boards
