// SPDX-License-Identifier: BSL-1.0
// nRF52840: Arm Cortex-M4 with FPU, 64 MHz (Nordic product specification).
// Refuses to count what a Bluetooth stack would take: say it in fit_knobs.
#pragma once

#include "mote/budget/board.hpp"
#include "mote/core/bytes.hpp"

namespace mote::inline v0::boards {

struct nrf52840 {
  static constexpr board_facts facts{.name = "nRF52840",
                                     .ram_bytes = 256_KiB,  // "Memory": 0x20000000 to 0x20040000 without a gap
                                     .ram_block_bytes = 256_KiB,
                                     .flash_bytes = 1_MiB,  // on the chip, from 0
                                     .clock_hz = 64'000'000,
                                     .instructions = isa::dsp,
                                     .stack_bytes = 4_KiB};
};

}  // namespace mote::inline v0::boards
