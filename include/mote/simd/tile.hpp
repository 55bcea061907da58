// SPDX-License-Identifier: BSL-1.0
// Products of 16-bit numbers with tiles of 8-bit codes, for attention over a quantised cache: a tile holds 32 tokens of
// one key head (8 where there are no vectors). Exact, so every body gives the same integers. How the bytes of a tile lie
// is the instruction set's choice, and nobody else's: a tile never leaves the program that wrote it.
// Refuses numbers beyond 14 bits and a sign: two halves of 7 bits are what sdot takes, and sums stay within 32 bits.
#pragma once

#include <cstddef>
#include <cstdint>

#include "mote/simd/dot.hpp"  // what an instruction set's own words need
#include "mote/simd/pack.hpp"

namespace mote::inline v0::simd {

/// Without vectors and pairs a tile needs no width, and the smallest machines have no RAM to round up.
inline constexpr std::size_t tile_tokens = MOTE_WITH_XSIMD || MOTE_WITH_DSP || MOTE_WITH_MVE || MOTE_WITH_RVV ? 32 : 8;
/// Channels of a tile are padded to this many.
inline constexpr std::size_t tile_channels = 4;

/// Keys: tokens together (interleaved), in runs of `key_depth` channels; values: runs of `value_depth` tokens of one
/// channel behind each other. `pairs` swaps the middle two of four, so that SXTB16 finds neighbours.
struct tile_order {
  std::size_t key_rows = 1;
  std::size_t key_depth = 1;
  std::size_t value_depth = 1;
  bool pairs = false;
  std::size_t heads = 1;  ///< query heads that share a load
  /// Heads of fewer channels than this have all tokens of a tile behind each other, and all tiles are summed at once.
  std::size_t narrow = 0;

  constexpr std::size_t key(std::size_t token, std::size_t channel, std::size_t width) const {
    return token / key_rows * key_rows * width + channel / key_depth * key_rows * key_depth +
           token % key_rows * key_depth + within(channel % key_depth);
  }
  constexpr std::size_t value(std::size_t token, std::size_t channel, std::size_t width) const {
    const std::size_t depth = width < narrow ? tile_tokens : value_depth;
    return token / depth * depth * width + channel * depth + within(token % depth);
  }

 private:
  constexpr std::size_t within(std::size_t i) const { return pairs && (i % 4 == 1 || i % 4 == 2) ? i ^ 3U : i; }
};

constexpr tile_order tile_order_of(isa i) {
  switch (i) {
    case isa::avx512: return {.key_rows = 16, .key_depth = 2, .value_depth = 2, .heads = 2};
    case isa::avx_vnni:
    case isa::avx2: return {.key_rows = 8, .key_depth = 2, .value_depth = 2, .heads = 2};
    case isa::ssse3:
    case isa::sse2:
    case isa::wasm: return {.key_rows = 4, .key_depth = 2, .value_depth = 2, .heads = 2};
    case isa::neon_i8mm:
    case isa::sve256:
    case isa::neon_dotprod: return {.key_rows = 4, .key_depth = 4, .value_depth = 4, .heads = 2};
    case isa::rvv: return {.key_rows = 32, .key_depth = 1, .value_depth = 1, .heads = 2, .narrow = 32};
    case isa::neon: return {.key_rows = 32, .key_depth = 1, .value_depth = 1, .heads = 2};
    case isa::mve: return {.key_rows = 1, .key_depth = 4, .value_depth = 32, .heads = 2};
    case isa::dsp: return {.key_rows = 1, .key_depth = 4, .value_depth = 4, .pairs = true, .heads = 2};
    default: return {.key_rows = 1, .key_depth = 4, .value_depth = 1};
  }
}

// The reference. Four channels at a time: their queries, or their sums, stay in registers.
template <std::size_t Heads>
MOTE_INLINE void tile_scores_by(const std::int8_t* tile, const std::int16_t* q, std::size_t width, std::int32_t* dots,
                                scalar) {
  for (std::size_t c = 0; c < width; c += 4) {
    const std::int32_t q0 = q[c];
    const std::int32_t q1 = q[c + 1];
    const std::int32_t q2 = q[c + 2];
    const std::int32_t q3 = q[c + 3];
    const std::int8_t* k = tile + c;
#pragma GCC unroll 2
    for (std::size_t t = 0; t < tile_tokens; ++t, k += width)
      dots[t] = (c == 0 ? 0 : dots[t]) + q0 * k[0] + q1 * k[1] + q2 * k[2] + q3 * k[3];
  }
}
template <std::size_t Heads>
MOTE_INLINE void tile_sums_by(const std::int8_t* tile, const std::int16_t* p, std::size_t width, std::int32_t* sums,
                              scalar) {
  for (std::size_t c = 0; c < width; c += 4) {
    std::int32_t sum[4] = {sums[c], sums[c + 1], sums[c + 2], sums[c + 3]};
    const std::int8_t* v = tile + c;
#pragma GCC unroll 2
    for (std::size_t t = 0; t < tile_tokens; ++t, v += width)
#pragma GCC unroll 4
      for (std::size_t i = 0; i < 4; ++i) sum[i] += p[t] * v[i];
    for (std::size_t i = 0; i < 4; ++i) sums[c + i] = sum[i];
  }
}

}  // namespace mote::inline v0::simd

#if MOTE_WITH_XSIMD && defined(__SSE2__)
#include "mote/simd/arch/tile_sse2.hpp"
#endif
#if MOTE_WITH_XSIMD && defined(__AVX2__)
#include "mote/simd/arch/tile_avx2.hpp"
#endif
#if MOTE_WITH_XSIMD && defined(__AVX512BW__) && defined(__AVX512VL__) && defined(__AVX512VNNI__)
#include "mote/simd/arch/tile_avx512vnni.hpp"
#endif
#if MOTE_WITH_XSIMD && defined(__ARM_NEON)
#include "mote/simd/arch/tile_neon.hpp"
#endif
#if MOTE_WITH_XSIMD && defined(__ARM_FEATURE_DOTPROD)
#include "mote/simd/arch/tile_neon_dotprod.hpp"
#endif
#if MOTE_WITH_XSIMD && defined(__wasm_simd128__)
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

namespace mote::inline v0::simd {

namespace detail {
/// Whose body an instruction set takes: its own, that of the one that it extends, or the reference.
template <class Isa>
constexpr auto tile_body() {
  if constexpr (tile_order_of(Isa::value).heads == 1 && !tile_order_of(Isa::value).pairs) return scalar{};
#if MOTE_WITH_XSIMD && defined(__AVX2__)
  else if constexpr (Isa::value == isa::avx_vnni) return avx2{};
#endif
#if MOTE_WITH_XSIMD && defined(__SSE2__)
  else if constexpr (Isa::value == isa::ssse3) return sse2{};
#endif
  else return Isa{};
}
}  // namespace detail

/// dots (Heads, 32): each query's products with the keys of a tile.
template <std::size_t Heads, class Isa>
MOTE_INLINE void tile_scores(const std::int8_t* tile /* (32, width) as the Isa orders them */,
                             const std::int16_t* q /* (Heads, width) */, std::size_t width, std::int32_t* dots) {
  tile_scores_by<Heads>(tile, q, width, dots, detail::tile_body<Isa>());
}
/// sums (Heads, width) += each head's weights times the values of a tile.
template <std::size_t Heads, class Isa>
MOTE_INLINE void tile_sums(const std::int8_t* tile /* (32, width) as the Isa orders them */,
                           const std::int16_t* p /* (Heads, 32) */, std::size_t width, std::int32_t* sums) {
  tile_sums_by<Heads>(tile, p, width, sums, detail::tile_body<Isa>());
}
/// The same for all tiles of a narrow head, whose sums they are.
template <std::size_t Heads, class Isa>
  requires(tile_order_of(Isa::value).narrow != 0)
MOTE_INLINE void narrow_sums(const std::int8_t* tile /* (tiles, 32, width) */, std::size_t tiles,
                             const std::int16_t* p /* (Heads, p_stride) */, std::size_t p_stride, std::size_t width,
                             std::int32_t* sums) {
  narrow_sums_by<Heads, false>(tile, tiles, p, p_stride, width, sums, Isa{});
}

}  // namespace mote::inline v0::simd
