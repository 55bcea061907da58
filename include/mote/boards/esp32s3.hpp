// SPDX-License-Identifier: BSL-1.0
// ESP32-S3-DevKitC-1 N8R8: two Xtensa LX7 with single-precision FPU, 240 MHz, 8 MiB of PSRAM.
// Refuses to count the second core and the vector instructions: mote has no kernels for them. What ESP-IDF, Wi-Fi or
// Bluetooth take is yours to say in fit_knobs. Nothing was compiled for it: docs/reference/boards.md.
#pragma once

#include "mote/budget/board.hpp"
#include "mote/core/bytes.hpp"

namespace mote::inline v0::boards {

struct esp32s3 {
  static constexpr board_facts facts{
      .name = "ESP32-S3 (N8R8)",
      .ram_bytes = 341'760 + 8_MiB,  // static data of ESP-IDF, without the ROM's, and PSRAM
      .ram_block_bytes =
          341'760,           // 0x3FC88000 to 0x3FCDB700 (ESP-IDF's esp32s3/memory.ld.in); code in RAM is in it too
      .flash_bytes = 8_MiB,  // mapped from 0x3C000000
      .clock_hz = 240'000'000,
      .instructions = isa::scalar,
      .stack_bytes = 4_KiB,
      .regions = {{{.name = "SRAM", .bytes = 341'760, .fast = true}, {.name = "PSRAM", .bytes = 8_MiB}}}};
};

}  // namespace mote::inline v0::boards
