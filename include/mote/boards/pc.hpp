// SPDX-License-Identifier: BSL-1.0
// An x86-64 computer under an operating system, one type for each vector instruction set. The sizes are those of a
// modest machine, not of a datasheet; a program for one known machine defines a board type of its own, as firmware
// does.
// Refuses to query the machine it runs on: a board is a constant, the same wherever it is compiled.
#pragma once

#include "mote/budget/board.hpp"
#include "mote/core/bytes.hpp"

namespace mote::inline v0::boards {

namespace detail {
constexpr board_facts pc_with(isa instructions, std::string_view name) {
  return {.name = name,
          .ram_bytes = 3072_MiB,  // below 4 GiB, so that a 32-bit compiler reads the same number
          .ram_block_bytes = 3072_MiB,
          .flash_bytes = 3072_MiB,
          .clock_hz = 3'000'000'000,
          .instructions = instructions,
          .stack_bytes = 256_KiB};
}
}  // namespace detail

/// AVX-512 (F, BW, DQ, VL): servers from 2017, AMD desktops from Zen 4.
struct pc {
  static constexpr board_facts facts = detail::pc_with(isa::avx512, "PC, AVX-512");
};
/// AVX2: nearly every PC since 2015.
struct pc_avx2 {
  static constexpr board_facts facts = detail::pc_with(isa::avx2, "PC, AVX2");
};
/// SSE2: every x86-64 processor.
struct pc_sse2 {
  static constexpr board_facts facts = detail::pc_with(isa::sse2, "PC, SSE2");
};

}  // namespace mote::inline v0::boards
