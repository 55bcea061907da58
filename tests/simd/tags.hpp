// SPDX-License-Identifier: BSL-1.0
// The tags of all instruction sets that this binary has, for tests that go through them.
#pragma once

#include <tuple>

#include "mote/simd/isa.hpp"

namespace mote_tests {

// clang-format off
using isa_tags = std::tuple<mote::simd::scalar
#if MOTE_WITH_DSP
  , mote::simd::dsp
#endif
#if MOTE_WITH_MVE
  , mote::simd::mve
#endif
#if MOTE_WITH_SSE2
  , mote::simd::sse2
#endif
#if MOTE_WITH_SSSE3
  , mote::simd::ssse3
#endif
#if MOTE_WITH_AVX2
  , mote::simd::avx2
#endif
#if MOTE_WITH_AVX_VNNI
  , mote::simd::avx_vnni
#endif
#if MOTE_WITH_AVX512_VNNI
  , mote::simd::avx512_vnni
#endif
#if MOTE_WITH_NEON
  , mote::simd::neon
#endif
#if MOTE_WITH_NEON_DOTPROD
  , mote::simd::neon_dotprod
#endif
#if MOTE_WITH_I8MM
  , mote::simd::neon_i8mm
#endif
#if MOTE_WITH_SVE
  , mote::simd::sve256
#endif
#if MOTE_WITH_WASM
  , mote::simd::wasm
#endif
#if MOTE_WITH_RVV
  , mote::simd::rvv
#endif
  >;
// clang-format on

/// Calls f.operator()<Tag>() for each.
template <class Function>
void for_each_isa(Function f) {
  std::apply([&](auto... tag) { (f.template operator()<decltype(tag)>(), ...); }, isa_tags{});
}

}  // namespace mote_tests
