// SPDX-License-Identifier: BSL-1.0
// BBC micro:bit, first edition: nRF51822, Cortex-M0 without FPU, 16 MHz. QEMU: -M microbit.
// Refuses to count what a Bluetooth stack would take.
#pragma once

#include "mote/budget/board.hpp"
#include "mote/core/bytes.hpp"

namespace mote::inline v0::boards {

struct microbit {
  static constexpr board_facts facts{.name = "BBC micro:bit",
                                     .ram_bytes = 16_KiB,  // nRF51822 product specification, variant QFAA
                                     .ram_block_bytes = 16_KiB,
                                     .flash_bytes = 256_KiB,
                                     .clock_hz = 16'000'000,
                                     .instructions = isa::scalar,
                                     .stack_bytes = 2_KiB};
};

}  // namespace mote::inline v0::boards
