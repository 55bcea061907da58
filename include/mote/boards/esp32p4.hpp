// SPDX-License-Identifier: BSL-1.0
// ESP32-P4-Function-EV-Board: two 32-bit RISC-V (rv32imafc), 400 MHz, 32 MiB of PSRAM, with a chip before revision 3
// and an L2 cache of 128 KiB.
// Refuses to count the second core and the vector instructions: mote has no kernels for them. What ESP-IDF takes is
// yours to say in fit_knobs.
#pragma once

#include "mote/budget/board.hpp"
#include "mote/core/bytes.hpp"

namespace mote::inline v0::boards {

struct esp32p4 {
  static constexpr board_facts facts{
      .name = "ESP32-P4",
      .ram_bytes = 576'464 + 32_MiB,  // L2 memory without cache and ROM (ESP-IDF's esp32p4/memory.ld.in), and PSRAM
      .ram_block_bytes = 384_KiB,     // 0x4FF40000 to 0x4FFA0000
      .flash_bytes = 16_MiB,          // mapped from 0x40000000
      .clock_hz = 400'000'000,
      .instructions = isa::scalar,
      .stack_bytes = 8_KiB,
      .regions = {{{.name = "L2 high", .bytes = 384_KiB, .fast = true},
                   {.name = "L2 low", .bytes = 183'248, .fast = true},  // 0x4FF00000; code in RAM is in it too
                   {.name = "PSRAM", .bytes = 32_MiB}}}};
};

}  // namespace mote::inline v0::boards
