// SPDX-License-Identifier: BSL-1.0
// Matrix times vector or vectors for weights that are floats in memory (f32, f16, bf16): each weight becomes a float
// exactly, and each row has one accumulator over the columns in index order, as a plain loop has.
// Refuses to split a sum, and to fuse multiply and add for f32, where that would change bits. For f16 and bf16 it
// cannot: quantize_activations() rounds activations so that every product is exactly a float.
#pragma once

#include <cstddef>
#include <type_traits>

#include "mote/format/bf16.hpp"
#include "mote/format/f16.hpp"
#include "mote/format/f32.hpp"
#include "mote/kernel/matrix.hpp"
#include "mote/simd/dot4.hpp"

namespace mote::inline v0 {

namespace detail {

/// Tiles tiles times Tokens activations: each load of weights serves all tokens, and the independent sums hide the
/// latency of an addition.
template <class Isa, class Format, std::size_t Tiles, std::size_t Tokens>
MOTE_INLINE void float_block(const std::byte* w /* Tiles tiles */, std::size_t cols, const float* x,
                             std::size_t x_stride, float* y, std::size_t y_stride) {
  constexpr std::size_t rows = Format::rows;
  constexpr std::size_t step = Format::step;
  using floats = simd::floats<rows>;
  floats sum[Tiles][Tokens];
  for (auto& tile : sum)
    for (auto& s : tile) s = floats::all(0.0F);
  const std::size_t tile_bytes = Format::tile_bytes(cols);
  const auto add = [&](std::size_t col, std::size_t count) __attribute__((always_inline)) {
#pragma GCC unroll 4
    for (std::size_t tile = 0; tile < Tiles; ++tile) {
      floats weights[step];
      Format::load(w + tile * tile_bytes + col / step * Format::tile_bytes(step), weights);
#pragma GCC unroll 2
      for (std::size_t c = 0; c < count; ++c)
#pragma GCC unroll 8
        for (std::size_t t = 0; t < Tokens; ++t)
          if constexpr (exact_product_bits(Format::activation_group) != 0)
            sum[tile][t] = simd::plus_exact_product(sum[tile][t], weights[c], floats::all(x[t * x_stride + col + c]));
          else sum[tile][t] = sum[tile][t] + weights[c] * floats::all(x[t * x_stride + col + c]);
    }
  };
  // Two steps share one prefetch where a step is less than a cache line of 64 bytes (a column of 16 halves is 32).
  using unit = simd::dot4<Isa, rows>;
  constexpr std::size_t line = unit::prefetch_ahead != 0 && Format::tile_bytes(step) < 64 ? 2 : 1;
  std::size_t col = 0;
  for (; col + step * line <= cols; col += step * line) {
#pragma GCC unroll 4
    for (std::size_t tile = 0; tile < Tiles; ++tile)
      simd::prefetch<unit, line * Format::tile_bytes(step), 1>(w + tile * tile_bytes +
                                                               col / step * Format::tile_bytes(step));
#pragma GCC unroll 2
    for (std::size_t i = 0; i < line; ++i) add(col + i * step, step);
  }
  if constexpr (line > 1)
    for (; col + step <= cols; col += step) add(col, step);
  if constexpr (step > 1)
    if (col < cols) add(col, 1);  // an odd number of columns: the last pair has one
  for (std::size_t tile = 0; tile < Tiles; ++tile)
#pragma GCC unroll 8
    for (std::size_t t = 0; t < Tokens; ++t) sum[tile][t].store(y + t * y_stride + tile * rows);
}

}  // namespace detail

/// y (padded(rows)) = w (rows, cols) * a (cols); a is what quantize_activations<Format>() returned
template <class Isa = simd::native, class Format>
  requires(!Format::quantized)
void matvec(const matrix<Format>& w, const activation& a, float* y) {
  constexpr std::size_t chains =
      4;  // tiles at once: additions of one row wait for each other, those of four tiles overlap
  const std::size_t tiles = ceil_div(w.rows, Format::rows);
  std::size_t tile = 0;
  for (; tile + chains <= tiles; tile += chains)
    detail::float_block<Isa, Format, chains, 1>(w.tile(tile), w.cols, a.x, 0, y + tile * Format::rows, 0);
  for (; tile < tiles; ++tile)
    detail::float_block<Isa, Format, 1, 1>(w.tile(tile), w.cols, a.x, 0, y + tile * Format::rows, 0);
}

/// y (tokens, y_stride) = activations (tokens) * w^T, tile by tile, so that weights are read from memory once.
/// Activations are equally spaced: the distance from a[0].x to a[1].x is that of all.
template <class Isa = simd::native, class Format>
  requires(!Format::quantized)
void matmul(const matrix<Format>& w, const activation* a, std::size_t tokens, float* y, std::size_t y_stride) {
  constexpr std::size_t together = Isa::float_tokens;
  const float* x = a[0].x;
  const std::size_t x_stride = tokens > 1 ? static_cast<std::size_t>(a[1].x - x) : 0;
  constexpr std::size_t wide = simd::floats<Format::rows>::registers == 1 ? Isa::float_tiles : 1;
  const std::size_t tiles = ceil_div(w.rows, Format::rows);
  const auto some = [&]<std::size_t Tiles>(std::integral_constant<std::size_t, Tiles>, std::size_t tile) {
    const std::byte* from = w.tile(tile);
    float* to = y + tile * Format::rows;
    std::size_t t = 0;
    for (; t + together <= tokens; t += together)
      detail::float_block<Isa, Format, Tiles, together>(from, w.cols, x + t * x_stride, x_stride, to + t * y_stride,
                                                        y_stride);
    for (; t < tokens; ++t)
      detail::float_block<Isa, Format, Tiles, 1>(from, w.cols, x + t * x_stride, 0, to + t * y_stride, 0);
  };
  std::size_t tile = 0;
  for (; tile + wide <= tiles; tile += wide) some(std::integral_constant<std::size_t, wide>{}, tile);
  if constexpr (wide > 1)
    if (tile < tiles) some(std::integral_constant<std::size_t, 1>{}, tile);
}

}  // namespace mote::inline v0
