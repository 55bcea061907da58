// SPDX-License-Identifier: BSL-1.0
// RP2040 on a Raspberry Pi Pico: one Arm Cortex-M0+ of two, without FPU, 133 MHz.
// Refuses to count the second core: a pipeline runs on one. With the Pico SDK, take the compiler's floats:
// docs/howto/build-with-the-pico-sdk.md.
#pragma once

#include "mote/budget/board.hpp"
#include "mote/core/bytes.hpp"

namespace mote::inline v0::boards {

struct rp2040 {
  static constexpr board_facts facts{
      .name = "RP2040 (Pico)",
      .ram_bytes = 264_KiB,        // RP2040 datasheet "SRAM": four striped banks of 64 and two of 4
      .ram_block_bytes = 264_KiB,  // 0x20000000 to 0x20042000 without a gap
      .flash_bytes = 2_MiB,        // Pico datasheet: QSPI flash, read in place from 0x10000000
      .clock_hz = 133'000'000,     // the SDK's default is 125 MHz
      .instructions = isa::scalar,
      .stack_bytes = 4_KiB};
};

}  // namespace mote::inline v0::boards
