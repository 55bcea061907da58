// SPDX-License-Identifier: BSL-1.0
// Float vectors that flush subnormal numbers to zero and set a flag when they do: work is done with them, and repeated
// with plain floats if the flag is set. Only Helium has such vectors.
// Refuses to be included alone: simd/pack.hpp includes it, after the declarations that it needs.
#pragma once

#if MOTE_WITH_MVE_FLOATS
#include "mote/simd/arch/mve_floats.hpp"
#else
namespace mote::inline v0::simd {
/// Replaces v by e^v and returns true, if the binary has such vectors and nothing was flushed; else v stays, and false.
MOTE_INLINE bool guarded_exp(float* /* (16) */) { return false; }
}  // namespace mote::inline v0::simd
#endif
