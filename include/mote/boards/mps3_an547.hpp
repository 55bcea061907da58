// SPDX-License-Identifier: BSL-1.0
// Arm MPS3 FPGA board with image AN547 (Corstone-300): Cortex-M55 with Helium, 32 MHz (Arm DAI 0547).
// QEMU: -M mps3-an547.
// Refuses to count the 2 GiB DDR4: no microcontroller has it. Addresses are the secure aliases.
#pragma once

#include "mote/budget/board.hpp"
#include "mote/core/bytes.hpp"

namespace mote::inline v0::boards {

struct mps3_an547 {
  static constexpr board_facts facts{
      .name = "MPS3 AN547",
      .ram_bytes = 4_MiB,  // internal SRAM from 0x21000000
      .ram_block_bytes = 4_MiB,
      .flash_bytes = 8_MiB,  // QSPI flash at 0x38000000, for the image; the code is in 512 KiB of ITCM
      .clock_hz = 32'000'000,
      .instructions = isa::mve,
      .stack_bytes = 8_KiB};
};

}  // namespace mote::inline v0::boards
