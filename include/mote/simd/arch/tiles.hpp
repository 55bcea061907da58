// SPDX-License-Identifier: BSL-1.0
// Includes the implementations of simd/tile.hpp that this binary may use, one file per instruction set.
// Refuses to be included alone: simd/tile.hpp includes it, after the declarations that it needs.
#pragma once

#if MOTE_WITH_SSE2
#include "mote/simd/arch/tile_sse2.hpp"
#endif
#if MOTE_WITH_AVX2
#include "mote/simd/arch/tile_avx2.hpp"
#endif
#if MOTE_WITH_AVX512_VNNI
#include "mote/simd/arch/tile_avx512vnni.hpp"
#endif
#if MOTE_WITH_NEON
#include "mote/simd/arch/tile_neon.hpp"
#endif
#if MOTE_WITH_NEON_DOTPROD
#include "mote/simd/arch/tile_neon_dotprod.hpp"
#endif
#if MOTE_WITH_WASM
#include "mote/simd/arch/tile_wasm.hpp"
#endif
#if MOTE_WITH_MVE
#include "mote/simd/arch/tile_mve.hpp"
#endif
#if MOTE_WITH_RVV
#include "mote/simd/arch/tile_rvv.hpp"
#endif
#if MOTE_WITH_DSP
#include "mote/simd/arch/tile_dsp.hpp"
#endif
