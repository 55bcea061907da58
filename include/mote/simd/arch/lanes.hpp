// SPDX-License-Identifier: BSL-1.0
// The register type (lane) of simd/pack.hpp in this binary: a RISC-V vector, an xsimd batch, or a plain variable.
// Refuses 32-bit NEON, which flushes subnormal numbers and cannot divide: there, lanes are plain variables.
#pragma once

#include <cstddef>

#include "mote/simd/isa.hpp"
#if MOTE_WITH_RVV
#include "mote/simd/arch/rvv_lane.hpp"
#elif MOTE_WITH_XSIMD && !(defined(__arm__) && defined(__ARM_NEON))
#include "mote/simd/arch/xsimd_lane.hpp"
#endif
#include "mote/simd/arch/plain_lane.hpp"

namespace mote::inline v0::simd::detail {
#if !MOTE_WITH_RVV && (!MOTE_WITH_XSIMD || (defined(__arm__) && defined(__ARM_NEON)))
template <class T, std::size_t>
using lane = T;
template <class Lane>
inline constexpr std::size_t width = 1;
#endif
/// How many machine registers a Lane fills: on RISC-V one per 128 bits, elsewhere 1.
template <class Lane>
inline constexpr std::size_t machine_registers = MOTE_WITH_RVV && sizeof(Lane) > 16 ? sizeof(Lane) / 16 : 1;

/// Keeps a branch on `count` a branch: on RISC-V the compiler would compute both sides and select lanes each time.
MOTE_INLINE void stay_conditional([[maybe_unused]] std::size_t& count) {
#if MOTE_WITH_RVV
  asm volatile("" : "+r"(count));
#endif
}

}  // namespace mote::inline v0::simd::detail

/// Put before a loop, unrolls it on RISC-V, whose vector loads take no address offset: a short step would spend much of
/// its time on addresses.
#if MOTE_WITH_RVV
#define MOTE_UNROLL_STEPS _Pragma("GCC unroll 4")
#else
#define MOTE_UNROLL_STEPS
#endif
