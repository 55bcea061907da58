// SPDX-License-Identifier: BSL-1.0
// Dot products of 16-bit numbers with tiles of 8-bit codes, for attention over a quantized KV cache. A tile holds
// tile_tokens tokens of one KV head: 32, or 8 on the scalar instruction set. Integers are exact, so every
// implementation gives the same result. The byte order of a tile depends on the instruction set
// (simd/arch/tile_order.hpp); a tile never leaves the program that wrote it.
// Refuses numbers of more than 14 bits and a sign: sdot takes two halves of 7 bits, and sums stay within 32 bits.
#pragma once

#include <cstddef>
#include <cstdint>

#include "mote/simd/arch/tile_order.hpp"
#include "mote/simd/dot.hpp"  // helpers of the instruction sets' bodies
#include "mote/simd/pack.hpp"

namespace mote::inline v0::simd {

// The reference. Four channels at a time, so that their queries or their sums stay in registers.
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

#include "mote/simd/arch/tiles.hpp"

namespace mote::inline v0::simd {

namespace detail {
/// The tag whose tile functions an instruction set uses: its own, that of a set that it extends, or scalar.
template <class Isa>
constexpr auto tile_body() {
  if constexpr (tile_order_of(Isa::value).heads == 1 && !tile_order_of(Isa::value).pairs) return scalar{};
  else if constexpr (requires { typename Isa::tile_body; }) return typename Isa::tile_body{};
  else return Isa{};
}
}  // namespace detail

/// dots (Heads, tile_tokens) = each query's dot products with the keys of a tile.
template <std::size_t Heads, class Isa>
MOTE_INLINE void tile_scores(const std::int8_t* tile /* (tile_tokens, width), tile_order_of(Isa) */,
                             const std::int16_t* q /* (Heads, width) */, std::size_t width, std::int32_t* dots) {
  tile_scores_by<Heads>(tile, q, width, dots, detail::tile_body<Isa>());
}
/// sums (Heads, width) += the values of a tile, weighted by each head's p and summed over tokens.
template <std::size_t Heads, class Isa>
MOTE_INLINE void tile_sums(const std::int8_t* tile /* (tile_tokens, width), tile_order_of(Isa) */,
                           const std::int16_t* p /* (Heads, tile_tokens) */, std::size_t width, std::int32_t* sums) {
  tile_sums_by<Heads>(tile, p, width, sums, detail::tile_body<Isa>());
}
/// The same for all tiles of a narrow head (tile_order::narrow), but sums is overwritten, not added to.
template <std::size_t Heads, class Isa>
  requires(tile_order_of(Isa::value).narrow != 0)
MOTE_INLINE void narrow_sums(const std::int8_t* tile /* (tiles, tile_tokens, width) */, std::size_t tiles,
                             const std::int16_t* p /* (Heads, p_stride) */, std::size_t p_stride, std::size_t width,
                             std::int32_t* sums) {
  narrow_sums_by<Heads, false>(tile, tiles, p, p_stride, width, sums, Isa{});
}

}  // namespace mote::inline v0::simd
