// SPDX-License-Identifier: BSL-1.0
// matvec and matmul for formats whose scales are themselves integers, or that have minima: qk and affine. A row has one
// accumulator; its sub-blocks are added in index order, each as (scale * activation's scale) * exact integer, then less
// minimum * (activation's scale * activation's sum).
// Refuses activations with one scale for a whole block: one outlier would cost all of 256 columns their precision. With a
// scale for each sub-block (32 columns: the kind that q8 and q4 take, shared with them; 16 where sub-blocks are 16) the
// products are as exact, for about one instruction in ten more.
#pragma once

#include <cstddef>

#include "mote/kernel/matrix.hpp"
#include "mote/simd/dot.hpp"

namespace mote::inline v0 {

/// A format of blocks that expand into a scale, and perhaps a minimum, for each sub-block.
template <class Format>
concept two_level_format = Format::quantised && requires {
  { Format::subs };
  { Format::planes_per_block };
};

namespace detail {

/// y[token][tile's rows] for Tiles tiles from `tile` on and Tokens activations.
template <class Isa, class Format, std::size_t Tiles, std::size_t Tokens>
MOTE_INLINE void two_level_tiles(const matrix<Format>& w, std::size_t tile, const activation* a /* (Tokens) */,
                                 float* y /* (Tokens, y_stride) */, std::size_t y_stride) {
  constexpr std::size_t rows = Format::rows;
  constexpr std::size_t sub = Format::sub;
  constexpr std::size_t parts = 32 / sub;  // sub-blocks of 32 columns
  using floats = simd::floats<rows>;
  using unit = simd::quads<Isa, rows>;
  const std::size_t blocks = Format::groups(w.cols);
  const std::size_t all = ceil_div(w.cols, sub);  // sub-blocks that an activation has; the last block may have more
  const std::byte* b = w.tile(tile);
  floats sum[Tiles][Tokens];
#pragma GCC unroll 8
  for (std::size_t t = 0; t < Tiles; ++t)
#pragma GCC unroll 8
    for (std::size_t k = 0; k < Tokens; ++k) sum[t][k] = floats::all(0.0F);
  for (std::size_t first = 0; first < all; first += Format::subs, b += Format::block_bytes) {
    floats scale[Tiles][Format::subs];
    floats min[Tiles][Format::subs];
#pragma GCC unroll 8
    for (std::size_t t = 0; t < Tiles; ++t)
      Format::template expand<unit>(b + t * blocks * Format::block_bytes, scale[t], min[t]);
    for (std::size_t part = 0; part < Format::planes_per_block && first + part * parts < all; ++part) {
      const std::size_t s = part * parts;
#pragma GCC unroll 8
      for (std::size_t t = 0; t < Tiles; ++t) {
        typename unit::vector unpacked[8];
        Format::template unpack<unit>(b + t * blocks * Format::block_bytes, part, unpacked);
        const auto add = [&]<std::size_t Sub>() __attribute__((always_inline)) {
          const std::size_t at = first + s + Sub;
#pragma GCC unroll 8
          for (std::size_t k = 0; k < Tokens; ++k) {
            const auto dot = Format::template dot<unit, Sub>(unpacked, a[k].q + at * sub, a[k].sum[at]);
            sum[t][k] = sum[t][k] + (scale[t][s + Sub] * floats::all(a[k].scale[at])) * simd::to_float(dot);
            if constexpr (Format::has_min)
              sum[t][k] = sum[t][k] - min[t][s + Sub] * floats::all(a[k].scale[at] * static_cast<float>(a[k].sum[at]));
          }
        };
        add.template operator()<0>();
        if constexpr (parts == 2)
          if (first + s + 1 < all) add.template operator()<1>();
      }
    }
  }
#pragma GCC unroll 8
  for (std::size_t t = 0; t < Tiles; ++t)
#pragma GCC unroll 8
    for (std::size_t k = 0; k < Tokens; ++k) sum[t][k].store(y + k * y_stride + (tile + t) * rows);
}

template <class Isa, class Format>
inline constexpr std::size_t two_level_together = Isa::value == isa::avx512 && Format::rows == 16 ? 2 : 1;

}  // namespace detail

/// y (padded(rows)) = w (rows, cols) * a (cols)
template <class Isa = simd::native, two_level_format Format>
void matvec(const matrix<Format>& w, const activation& a, float* y) {
  constexpr std::size_t together = detail::two_level_together<Isa, Format>;
  const std::size_t tiles = ceil_div(w.rows, Format::rows);
  std::size_t tile = 0;
  for (; tile + together <= tiles; tile += together) detail::two_level_tiles<Isa, Format, together, 1>(w, tile, &a, y, 0);
  for (; tile < tiles; ++tile) detail::two_level_tiles<Isa, Format, 1, 1>(w, tile, &a, y, 0);
}

/// y (tokens, padded(rows)) = activations * w^T, each token with the bits that matvec gives it.
template <class Isa = simd::native, two_level_format Format>
void matmul(const matrix<Format>& w, const activation* a /* (tokens) */, std::size_t tokens, float* y, std::size_t y_stride) {
  constexpr std::size_t tiles_together = detail::two_level_together<Isa, Format>;
  constexpr std::size_t tokens_together = 4;
  const std::size_t tiles = ceil_div(w.rows, Format::rows);
  std::size_t k = 0;
  for (; k + tokens_together <= tokens; k += tokens_together) {
    float* to = y + k * y_stride;
    std::size_t tile = 0;
    for (; tile + tiles_together <= tiles; tile += tiles_together)
      detail::two_level_tiles<Isa, Format, tiles_together, tokens_together>(w, tile, a + k, to, y_stride);
    for (; tile < tiles; ++tile) detail::two_level_tiles<Isa, Format, 1, tokens_together>(w, tile, a + k, to, y_stride);
  }
  for (; k < tokens; ++k) matvec<Isa>(w, a[k], y + k * y_stride);
}

}  // namespace mote::inline v0
