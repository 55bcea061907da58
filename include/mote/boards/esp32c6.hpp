// SPDX-License-Identifier: BSL-1.0
// ESP32-C6-DevKitC-1: one 32-bit RISC-V (rv32imac) without FPU, 160 MHz.
// Refuses to count what ESP-IDF, Wi-Fi or Bluetooth take: say it in fit_knobs.
#pragma once

#include "mote/budget/board.hpp"
#include "mote/core/bytes.hpp"

namespace mote::inline v0::boards {

struct esp32c6 {
  static constexpr board_facts facts{
      .name = "ESP32-C6",
      .ram_bytes = 452'112,  // 0x40800000 to 0x4086E610 (ESP-IDF's esp32c6/memory.ld.in); code in RAM is in it too
      .ram_block_bytes = 452'112,
      .flash_bytes = 8_MiB,  // mapped from 0x42000000
      .clock_hz = 160'000'000,
      .instructions = isa::scalar,
      .stack_bytes = 4_KiB};
};

}  // namespace mote::inline v0::boards
