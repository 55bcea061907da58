// SPDX-License-Identifier: BSL-1.0
// The instruction set that this binary is compiled for, as a tag type: derived from xsimd's tag where xsimd has one.
// The only header that includes xsimd.
// Refuses to detect the CPU at run time: a binary is for one board, and nothing is dispatched.
#pragma once

#include "mote/config.hpp"

#if MOTE_WITH_XSIMD
#if !__has_include(<xsimd/xsimd.hpp>)
#error "mote: xsimd is not on the include path; add the folder of version 13.2 or newer with -isystem [mote-xsimd]"
#include "stopped by the error above"
#endif
#if defined(__wasm_simd128__) && !defined(__EMSCRIPTEN__)
// xsimd 13.2 enables WebAssembly only under Emscripten, though its vectors need only the compiler's own header.
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

/// Traits of a tag that kernels use, with the values of most tags. A unit of simd/dot4.hpp has those about the bytes of
/// weights, tile_order_of() those about tiles of the KV cache.
struct isa_traits {
  /// Integer matmul, for rows interleaved as the tag needs: how many tokens' sums fit the registers next to a block of
  /// unpacked weights, and how many tiles of rows are computed together.
  static constexpr std::size_t integer_tokens = 4;
  static constexpr std::size_t integer_tiles = 1;
  /// Float matmul: how many tokens' sums fit the registers; how many one-register tiles share a load of activations.
  static constexpr std::size_t float_tokens = 8;
  static constexpr std::size_t float_tiles = 1;
};

/// Plain loops: the reference that every other implementation must equal, bit for bit.
struct scalar : isa_traits {
  static constexpr isa value = isa::scalar;
};
/// SMLAD on two 16-bit pairs: Cortex-M4, M7, M33.
struct dsp : scalar {
  static constexpr isa value = isa::dsp;
  static constexpr std::size_t integer_tokens = 1;  // one token's sums fill the registers
};
/// Helium: Cortex-M55, M85.
struct mve : scalar {
  static constexpr isa value = isa::mve;
  static constexpr std::size_t integer_tokens = 1;
};

// A tag exists only where its instructions are compiled in. So translation units with different flags cannot
// instantiate different code for one template name.
#if MOTE_WITH_SSE2
struct sse2 : xsimd::sse2, isa_traits {
  static constexpr isa value = isa::sse2;
};
#endif
#if MOTE_WITH_SSSE3
struct ssse3 : xsimd::ssse3, isa_traits {
  static constexpr isa value = isa::ssse3;
  using tile_body = simd::sse2;  // qualified: the base class xsimd::ssse3 has a name sse2 too
};
#endif
#if MOTE_WITH_AVX2
struct avx2 : xsimd::avx2, isa_traits {
  static constexpr isa value = isa::avx2;
};
#endif
#if MOTE_WITH_AVX_VNNI
struct avx_vnni : xsimd::avx2, isa_traits {
  static constexpr isa value = isa::avx_vnni;
  using tile_body = simd::avx2;
};
#endif
#if MOTE_WITH_AVX512_VNNI
struct avx512_vnni : xsimd::avx512bw, isa_traits {  // 32 registers
  static constexpr isa value = isa::avx512;
  static constexpr std::size_t integer_tokens = 8;
  static constexpr std::size_t integer_tiles = 2;
  static constexpr std::size_t float_tiles = 2;
};
#endif
#if MOTE_WITH_NEON
struct neon : scalar {  // 32 registers, on 64 bits
  static constexpr isa value = isa::neon;
  static constexpr std::size_t float_tiles = 2;
};
#endif
#if MOTE_WITH_NEON_DOTPROD
struct neon_dotprod : neon {
  static constexpr isa value = isa::neon_dotprod;
};
#endif
#if MOTE_WITH_I8MM
struct neon_i8mm : neon_dotprod {
  static constexpr isa value = isa::neon_i8mm;
};
#endif
#if MOTE_WITH_SVE
struct sve256 : neon_dotprod {
  static constexpr isa value = isa::sve256;
  static constexpr std::size_t float_tiles = 1;
};
#endif
#if MOTE_WITH_WASM
struct wasm : xsimd::wasm, isa_traits {
  static constexpr isa value = isa::wasm;
};
#endif
#if MOTE_WITH_RVV
struct rvv : scalar {
  static constexpr isa value = isa::rvv;
  static constexpr std::size_t float_tokens = 4;  // a token's sums of sixteen rows fill four registers
};
#endif

#if MOTE_WITH_AVX512_VNNI
using native = avx512_vnni;
#elif MOTE_WITH_AVX_VNNI && defined(__AVXVNNI__)
using native = avx_vnni;
#elif MOTE_WITH_AVX2
using native = avx2;
#elif MOTE_WITH_SSSE3
using native = ssse3;
#elif MOTE_WITH_SSE2
using native = sse2;
#elif MOTE_WITH_SVE
using native = sve256;
#elif MOTE_WITH_I8MM
using native = neon_i8mm;
#elif MOTE_WITH_NEON_DOTPROD
using native = neon_dotprod;
#elif MOTE_WITH_NEON
using native = neon;
#elif MOTE_WITH_WASM
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
