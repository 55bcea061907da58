// SPDX-License-Identifier: BSL-1.0
// Vectors of floats that flush subnormal numbers to zero, and say so: work is done with them, and done again with plain
// floats where they have flushed one. Only Helium is so.
// Refuses to be included by others: it wants the types of simd/pack.hpp before it.
#pragma once

#if MOTE_WITH_MVE_FLOATS
#include "mote/simd/arch/mve_floats.hpp"
#else
namespace mote::inline v0::simd {
/// v = e^v where there are such vectors and none was flushed; else false, and v as it was.
MOTE_INLINE bool guarded_exp(float* /* (16) */) { return false; }
}  // namespace mote::inline v0::simd
#endif
