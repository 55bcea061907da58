// SPDX-License-Identifier: BSL-1.0
// The instruction set that this binary is compiled for, as a tag: xsimd's own tags, and tags derived from them for what
// xsimd lacks. THE ONE place that includes xsimd.
// Refuses to look at the machine that runs: one board, one binary, nothing is dispatched.
#pragma once

#include "mote/config.hpp"

#if MOTE_WITH_XSIMD
#if !__has_include(<xsimd/xsimd.hpp>)
#error "mote: xsimd is not on the include path; add the folder of version 13.2 or newer with -isystem [mote-xsimd]"
#include "stopped by the error above"
#endif
#if defined(__wasm_simd128__) && !defined(__EMSCRIPTEN__)
// xsimd 13.2 looks for WebAssembly only in Emscripten, though its vectors need no more than the compiler's own header.
#define __EMSCRIPTEN__ 1
#include <xsimd/config/xsimd_config.hpp>
#undef __EMSCRIPTEN__
#endif
#include <xsimd/config/xsimd_config.hpp>
#if XSIMD_VERSION_MAJOR * 100 + XSIMD_VERSION_MINOR < 1302
// clang-format off
MOTE_PRAGMA(GCC error MOTE_TEXT(mote: xsimd XSIMD_VERSION_MAJOR.XSIMD_VERSION_MINOR is too old; put 13.2 or newer first on the include path [mote-xsimd-version]))
// clang-format on
#include "stopped by the error above"
#endif
#include <xsimd/xsimd.hpp>
#endif

#include <cstddef>

#include "mote/core/isa.hpp"

namespace mote::inline v0::simd {

/// Plain loops: the reference that every other body must equal, bit for bit.
struct scalar {
  static constexpr isa value = isa::scalar;
};
/// SMLAD on two 16-bit pairs: Cortex-M4, M7, M33.
struct dsp : scalar {
  static constexpr isa value = isa::dsp;
};
/// Helium: Cortex-M55, M85.
struct mve : scalar {
  static constexpr isa value = isa::mve;
};

// A tag is derived only where its instructions are compiled in, so that no template body differs between two
// translation units of different flags under one name.
#if MOTE_WITH_XSIMD && defined(__SSE2__)
struct sse2 : xsimd::sse2 {
  static constexpr isa value = isa::sse2;
};
#endif
#if MOTE_WITH_XSIMD && defined(__SSSE3__)
struct ssse3 : xsimd::ssse3 {
  static constexpr isa value = isa::ssse3;
};
#endif
#if MOTE_WITH_XSIMD && defined(__AVX2__)
struct avx2 : xsimd::avx2 {
  static constexpr isa value = isa::avx2;
};
#endif
// The same instruction on the same registers is part of AVX-512 as well, in another encoding.
#if MOTE_WITH_XSIMD && (defined(__AVXVNNI__) || (defined(__AVX512VL__) && defined(__AVX512VNNI__)))
struct avx_vnni : xsimd::avx2 {
  static constexpr isa value = isa::avx_vnni;
};
#endif
#if MOTE_WITH_XSIMD && defined(__AVX512BW__) && defined(__AVX512VL__) && defined(__AVX512VNNI__)
struct avx512_vnni : xsimd::avx512bw {
  static constexpr isa value = isa::avx512;
};
#endif
#if MOTE_WITH_XSIMD && defined(__ARM_NEON)
struct neon : scalar {
  static constexpr isa value = isa::neon;
};
#endif
#if MOTE_WITH_XSIMD && defined(__ARM_FEATURE_DOTPROD)
struct neon_dotprod : neon {
  static constexpr isa value = isa::neon_dotprod;
};
#endif
#if MOTE_WITH_XSIMD && MOTE_WITH_I8MM
struct neon_i8mm : neon_dotprod {
  static constexpr isa value = isa::neon_i8mm;
};
#endif
#if MOTE_WITH_XSIMD && MOTE_WITH_SVE
struct sve256 : neon_dotprod {
  static constexpr isa value = isa::sve256;
};
#endif
#if MOTE_WITH_XSIMD && defined(__wasm_simd128__)
struct wasm : xsimd::wasm {
  static constexpr isa value = isa::wasm;
};
#endif
#if MOTE_WITH_RVV
struct rvv : scalar {
  static constexpr isa value = isa::rvv;
};
#endif

#if MOTE_WITH_XSIMD && defined(__AVX512BW__) && defined(__AVX512VL__) && defined(__AVX512VNNI__)
using native = avx512_vnni;
#elif MOTE_WITH_XSIMD && defined(__AVXVNNI__)
using native = avx_vnni;
#elif MOTE_WITH_XSIMD && defined(__AVX2__)
using native = avx2;
#elif MOTE_WITH_XSIMD && defined(__SSSE3__)
using native = ssse3;
#elif MOTE_WITH_XSIMD && defined(__SSE2__)
using native = sse2;
#elif MOTE_WITH_XSIMD && MOTE_WITH_SVE
using native = sve256;
#elif MOTE_WITH_XSIMD && MOTE_WITH_I8MM
using native = neon_i8mm;
#elif MOTE_WITH_XSIMD && defined(__ARM_FEATURE_DOTPROD)
using native = neon_dotprod;
#elif MOTE_WITH_XSIMD && defined(__ARM_NEON)
using native = neon;
#elif MOTE_WITH_XSIMD && defined(__wasm_simd128__)
using native = wasm;
#elif MOTE_WITH_MVE
using native = mve;
#elif MOTE_WITH_RVV
using native = rvv;
#elif MOTE_WITH_DSP
using native = dsp;
#else
using native = scalar;
#endif

}  // namespace mote::inline v0::simd
