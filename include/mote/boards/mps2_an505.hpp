// SPDX-License-Identifier: BSL-1.0
// Arm MPS2+ FPGA board with image AN505: Cortex-M33 with DSP and FPU, 20 MHz (Arm DAI 0505). QEMU: -M mps2-an505.
// Refuses to count the 16 MiB PSRAM: it is slower, and not contiguous with the SSRAM. Addresses are the secure aliases.
#pragma once

#include "mote/budget/board.hpp"
#include "mote/core/bytes.hpp"

namespace mote::inline v0::boards {

struct mps2_an505 {
  static constexpr board_facts facts{
      .name = "MPS2 AN505",
      .ram_bytes = 4_MiB,  // SSRAM 2 and 3, 2 MiB each, from 0x38000000
      .ram_block_bytes = 4_MiB,
      .flash_bytes = 4_MiB,  // SSRAM 1 from 0x10000000, loaded at power-up and used as flash
      .clock_hz = 20'000'000,
      .instructions = isa::dsp};
};

}  // namespace mote::inline v0::boards
