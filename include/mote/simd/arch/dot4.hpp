// SPDX-License-Identifier: BSL-1.0
// Includes the units of simd/dot4.hpp that this binary may use, one file per instruction set.
// Refuses to be included alone: simd/dot4.hpp includes it, after the declarations that it needs.
#pragma once

#if MOTE_WITH_SSE2
#include "mote/simd/arch/sse2.hpp"
#endif
#if MOTE_WITH_SSSE3
#include "mote/simd/arch/ssse3.hpp"
#endif
#if MOTE_WITH_AVX2
#include "mote/simd/arch/avx2.hpp"
#endif
#if MOTE_WITH_AVX_VNNI
#include "mote/simd/arch/avxvnni.hpp"
#endif
#if MOTE_WITH_AVX512_VNNI
#include "mote/simd/arch/avx512vnni.hpp"
#endif
#if MOTE_WITH_NEON
#include "mote/simd/arch/neon.hpp"
#endif
#if MOTE_WITH_NEON_DOTPROD
#include "mote/simd/arch/neon_dotprod.hpp"
#endif
#if MOTE_WITH_I8MM
#include "mote/simd/arch/neon_i8mm.hpp"
#endif
#if MOTE_WITH_SVE
#include "mote/simd/arch/sve256.hpp"
#endif
#if MOTE_WITH_WASM
#include "mote/simd/arch/wasm.hpp"
#endif
#if MOTE_WITH_RVV
#include "mote/simd/arch/rvv.hpp"
#endif
#if MOTE_WITH_DSP
#include "mote/simd/arch/dsp.hpp"
#endif
#if MOTE_WITH_MVE
#include "mote/simd/arch/mve.hpp"
#endif
