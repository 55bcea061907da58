// SPDX-License-Identifier: BSL-1.0
// Names of the instruction sets that mote has kernels for, and how many weight rows each interleaves.
// Refuses to say which one is being compiled for: simd/isa.hpp does.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "mote/config.hpp"

namespace mote::inline v0 {

enum class isa : std::uint8_t {
  scalar,
  dsp,
  mve,
  sse2,
  avx2,
  avx512,
  neon,
  neon_dotprod,
  ssse3,
  avx_vnni,
  wasm,
  rvv,
  neon_i8mm,
  sve256
};

constexpr std::string_view name(isa i) {
  constexpr std::string_view names[] = {"scalar",       "dsp",   "mve",      "sse2", "avx2", "avx512",    "neon",
                                        "neon_dotprod", "ssse3", "avx_vnni", "wasm", "rvv",  "neon_i8mm", "sve256"};
  return names[static_cast<std::size_t>(i)];
}

/// How many weight rows are interleaved in memory for the vectors of an instruction set. 1: row-major.
constexpr std::size_t interleaved_rows(isa i) {
  switch (i) {
    case isa::avx512:
    case isa::rvv: return 16;
    case isa::avx2:
    case isa::avx_vnni:
    case isa::sve256: return 8;
    case isa::sse2:
    case isa::ssse3:
    case isa::neon:
    case isa::neon_dotprod:
    case isa::neon_i8mm:
    case isa::wasm: return 4;
    default: return 1;
  }
}

}  // namespace mote::inline v0
