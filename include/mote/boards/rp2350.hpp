// SPDX-License-Identifier: BSL-1.0
// RP2350 on a Raspberry Pi Pico 2: one Arm Cortex-M33 of two, with DSP instructions and FPU, 150 MHz.
// Refuses to count the second core: a pipeline runs on one. Its RISC-V cores would be isa::scalar.
#pragma once

#include "mote/budget/board.hpp"
#include "mote/core/bytes.hpp"

namespace mote::inline v0::boards {

struct rp2350 {
  static constexpr board_facts facts{
      .name = "RP2350 (Pico 2)",
      .ram_bytes = 520_KiB,        // RP2350 datasheet "SRAM": eight striped banks of 64 and two of 4
      .ram_block_bytes = 520_KiB,  // 0x20000000 to 0x20082000 without a gap
      .flash_bytes = 4_MiB,        // Pico 2 datasheet: QSPI flash, read in place from 0x10000000
      .clock_hz = 150'000'000,
      .instructions = isa::dsp};
};

}  // namespace mote::inline v0::boards
