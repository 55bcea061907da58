// SPDX-License-Identifier: BSL-1.0
// What a lane of simd/pack.hpp is in this binary: a vector of RISC-V, a batch of xsimd, or a plain variable.
// Refuses 32-bit NEON, which flushes subnormal numbers and cannot divide: its lanes are plain.
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
/// Registers of the machine that one Lane fills: of 128 bits on RISC-V, elsewhere a lane is one.
template <class Lane>
inline constexpr std::size_t machine_registers = MOTE_WITH_RVV && sizeof(Lane) > 16 ? sizeof(Lane) / 16 : 1;

/// Keeps what depends on `count` behind its condition: on RISC-V the compiler would select lanes each time instead.
MOTE_INLINE void stay_conditional([[maybe_unused]] std::size_t& count) {
#if MOTE_WITH_RVV
  asm volatile("" : "+r"(count));
#endif
}

}  // namespace mote::inline v0::simd::detail

/// Unrolls the loop behind it where loads of vectors take no offset: what remains of a short step is then not much more
/// than its sums.
#if MOTE_WITH_RVV
#define MOTE_UNROLL_STEPS _Pragma("GCC unroll 4")
#else
#define MOTE_UNROLL_STEPS
#endif
