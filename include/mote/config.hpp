// SPDX-License-Identifier: BSL-1.0
// Switches, each always defined as 0 or 1. The defaults follow from the compiler's target; a firmware overrides a
// switch in its own <mote_config.hpp> or on the command line.
// Refuses compilers and flags that would change a model's answers: the errors below.
#pragma once

#if __has_include(<mote_config.hpp>)
#include <mote_config.hpp>
#endif

// After #error a compiler goes on and prints more errors; an include of a missing file stops it at once.
#if !defined(__GNUC__) || __cplusplus <= 202002L
#error "mote: this compiler is not supported; use GCC 12 or Clang 19 with -std=c++23 or later [mote-compiler]"
#include "stopped by the error above"
#endif

#if defined(__FAST_MATH__)
#error "mote: -ffast-math changes the model's answers from board to board; remove it [mote-fast-math]"
#include "stopped by the error above"
#endif

#if defined(__FLT_EVAL_METHOD__) && (__FLT_EVAL_METHOD__ < 0 || __FLT_EVAL_METHOD__ == 1 || __FLT_EVAL_METHOD__ == 2)
#error "mote: this target keeps floats in wider registers (x87); compile with -msse2 -mfpmath=sse [mote-x87]"
#include "stopped by the error above"
#endif

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "mote: images are little-endian and used in place; this target is big-endian [mote-endian]"
#include "stopped by the error above"
#endif

/// 1: vectors through xsimd. 0: plain loops only, the default for a target without a vector unit that xsimd knows.
#ifndef MOTE_WITH_XSIMD
#if defined(__SSE2__) || defined(__ARM_NEON) || defined(__wasm_simd128__)
#define MOTE_WITH_XSIMD 1
#else
#define MOTE_WITH_XSIMD 0
#endif
#endif

/// 1: 32-bit multiply-accumulate of two 16-bit pairs (SMLAD: Cortex-M4, M7, M33, and 32-bit Arm Linux).
#ifndef MOTE_WITH_DSP
#if defined(__ARM_FEATURE_DSP) && defined(__ARM_FEATURE_SIMD32) && !defined(__ARM_NEON)
#define MOTE_WITH_DSP 1
#else
#define MOTE_WITH_DSP 0
#endif
#endif

/// 1: Helium (Cortex-M55, M85).
#ifndef MOTE_WITH_MVE
#if defined(__ARM_FEATURE_MVE)
#define MOTE_WITH_MVE 1
#else
#define MOTE_WITH_MVE 0
#endif
#endif

/// 1: RISC-V vectors 1.0. Clang only: GCC 12 and 13 have none.
#ifndef MOTE_WITH_RVV
#if defined(__riscv_v) && defined(__clang__)
#define MOTE_WITH_RVV 1
#else
#define MOTE_WITH_RVV 0
#endif
#endif

/// 1: the floating-point unit of a Cortex-M7, M33, M55 or M85 (FPv5), as far as the compiler tells it from the older
/// one: an M7 without double precision does not count.
#ifndef MOTE_WITH_FPV5
#if defined(__ARM_ARCH_PROFILE) && __ARM_ARCH_PROFILE == 'M' && defined(__ARM_FP) && \
    ((__ARM_FP & 8) || ((__ARM_FP & 4) && __ARM_ARCH >= 8))
#define MOTE_WITH_FPV5 1
#else
#define MOTE_WITH_FPV5 0
#endif
#endif

/// 1: Helium with floats, which a core may lack.
#ifndef MOTE_WITH_MVE_FLOATS
#if defined(__ARM_FEATURE_MVE)
#define MOTE_WITH_MVE_FLOATS ((__ARM_FEATURE_MVE & 2) != 0)
#else
#define MOTE_WITH_MVE_FLOATS 0
#endif
#endif

/// 1: SMMLA beside SDOT, on 64-bit Arm.
#ifndef MOTE_WITH_I8MM
#if MOTE_WITH_XSIMD && defined(__aarch64__) && defined(__ARM_FEATURE_DOTPROD) && defined(__ARM_FEATURE_MATMUL_INT8)
#define MOTE_WITH_I8MM 1
#else
#define MOTE_WITH_I8MM 0
#endif
#endif

/// 1: SVE of 256 bits, by -msve-vector-bits=256, beside SDOT. At 128 bits NEON takes fewer instructions.
#ifndef MOTE_WITH_SVE
#if MOTE_WITH_XSIMD && defined(__ARM_FEATURE_SVE_BITS) && __ARM_FEATURE_SVE_BITS == 256 && \
    defined(__ARM_FEATURE_DOTPROD)
#define MOTE_WITH_SVE 1
#else
#define MOTE_WITH_SVE 0
#endif
#endif

// The other instruction sets that mote has kernels for. They follow from xsimd and the compiler's flags alone.
#if MOTE_WITH_XSIMD && defined(__SSE2__)
#define MOTE_WITH_SSE2 1
#else
#define MOTE_WITH_SSE2 0
#endif
#if MOTE_WITH_XSIMD && defined(__SSSE3__)
#define MOTE_WITH_SSSE3 1
#else
#define MOTE_WITH_SSSE3 0
#endif
#if MOTE_WITH_XSIMD && defined(__AVX2__)
#define MOTE_WITH_AVX2 1
#else
#define MOTE_WITH_AVX2 0
#endif
// AVX-512 has the same instruction on the same registers, in another encoding.
#if MOTE_WITH_XSIMD && (defined(__AVXVNNI__) || (defined(__AVX512VL__) && defined(__AVX512VNNI__)))
#define MOTE_WITH_AVX_VNNI 1
#else
#define MOTE_WITH_AVX_VNNI 0
#endif
#if MOTE_WITH_XSIMD && defined(__AVX512BW__) && defined(__AVX512VL__) && defined(__AVX512VNNI__)
#define MOTE_WITH_AVX512_VNNI 1
#else
#define MOTE_WITH_AVX512_VNNI 0
#endif
#if MOTE_WITH_XSIMD && defined(__ARM_NEON)
#define MOTE_WITH_NEON 1
#else
#define MOTE_WITH_NEON 0
#endif
#if MOTE_WITH_XSIMD && defined(__ARM_FEATURE_DOTPROD)
#define MOTE_WITH_NEON_DOTPROD 1
#else
#define MOTE_WITH_NEON_DOTPROD 0
#endif
#if MOTE_WITH_XSIMD && defined(__wasm_simd128__)
#define MOTE_WITH_WASM 1
#else
#define MOTE_WITH_WASM 0
#endif

/// 1: threads of an operating system, for threads<N>. A bare-metal target has none.
#ifndef MOTE_WITH_THREADS
#if defined(__linux__) || defined(__APPLE__)
#define MOTE_WITH_THREADS 1
#else
#define MOTE_WITH_THREADS 0
#endif
#endif

/// 1: before each operation of a pass, the memory that the arena's plan calls dead is overwritten, and writes to it are
/// counted (core/arena_guard.hpp). For tests: each operation touches the whole arena. One value in all of a program.
#ifndef MOTE_POISON_ARENA
#define MOTE_POISON_ARENA 0
#endif

/// MOTE_PRAGMA(GCC error MOTE_TEXT(words)): an #error whose words may contain macros, which are expanded.
#define MOTE_PRAGMA(directive) MOTE_PRAGMA_EXPANDED(directive)
#define MOTE_PRAGMA_EXPANDED(directive) _Pragma(#directive)
#define MOTE_TEXT(...) MOTE_TEXT_EXPANDED(__VA_ARGS__)
#define MOTE_TEXT_EXPANDED(...) #__VA_ARGS__

/// A kernel that must be inlined into its caller; where nothing is optimized, copies of it would only make code.
#ifdef __OPTIMIZE__
#define MOTE_INLINE [[gnu::always_inline]] inline
#else
#define MOTE_INLINE inline
#endif
/// A function that must not be inlined: one copy of its code, however many pipelines call it.
#define MOTE_NOINLINE [[gnu::noinline]]
