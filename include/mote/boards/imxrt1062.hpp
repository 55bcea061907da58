// SPDX-License-Identifier: BSL-1.0
// i.MX RT1062 as a Teensy 4.1 has it: Arm Cortex-M7 with double-precision FPU, 600 MHz (NXP IMXRT1060RM).
// Refuses to count the Teensy's pads for PSRAM: they are empty as it is sold.
#pragma once

#include "mote/budget/board.hpp"
#include "mote/core/bytes.hpp"

namespace mote::inline v0::boards {

struct imxrt1062 {
  static constexpr board_facts facts{
      .name = "i.MX RT1062 (Teensy 4.1)",
      .ram_bytes = 1_MiB,          // IMXRT1060RM "On-Chip RAM": 512 of OCRAM2 and 512 of FlexRAM
      .ram_block_bytes = 512_KiB,  // OCRAM2 at 0x20200000
      .flash_bytes = 7936_KiB,  // Teensy 4.1: 8 MiB of QSPI flash, read in place from 0x60000000, the last 256 its own
      .clock_hz = 600'000'000,
      .instructions = isa::dsp,
      .stack_bytes = 8_KiB,
      .regions = {{{.name = "OCRAM", .bytes = 512_KiB},
                   {.name = "DTCM", .bytes = 384_KiB, .fast = true}}}};  // of FlexRAM; 128 are left to the ITCM
};

}  // namespace mote::inline v0::boards
