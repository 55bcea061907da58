// SPDX-License-Identifier: BSL-1.0
// Matrix times many vectors, for prompts and training, and its two gradients. Sums have the order of matvec, so that a
// model runs with the bits it was trained with.
// Refuses to build a transposed copy of the weights: the gradient decodes four rows at a time.
#pragma once

#include <cstddef>

#include "mote/kernel/matvec.hpp"

namespace mote::inline v0 {

namespace detail {

/// Tiles tiles for all tokens, Most (8, 4 or 1) tokens at a time, then half as many, and so on.
template <class Isa, std::size_t Most, std::size_t Tiles, class Format>
MOTE_INLINE void matmul_tiles(const matrix<Format>& w, std::size_t tile, const activation* a, std::size_t tokens,
                              float* y, std::size_t y_stride) {
  std::size_t k = 0;
  if constexpr (Most >= 8)  // eight sums leave no registers for a second tile
    for (; k + 8 <= tokens; k += 8)
      for (std::size_t t = 0; t < Tiles; ++t)
        integer_tiles<Isa, Format, 1, 8>(w, tile + t, a + k, y + k * y_stride, y_stride);
  if constexpr (Most >= 4) {
    for (; k + 4 <= tokens; k += 4) integer_tiles<Isa, Format, Tiles, 4>(w, tile, a + k, y + k * y_stride, y_stride);
    for (; k + 2 <= tokens; k += 2) integer_tiles<Isa, Format, Tiles, 2>(w, tile, a + k, y + k * y_stride, y_stride);
  }
  for (; k < tokens; ++k) integer_tiles<Isa, Format, Tiles, 1>(w, tile, a + k, y + k * y_stride, y_stride);
}

/// All tokens for a band of rows, then for the next: a band is about 8 KiB of weights, which a small data cache holds.
template <class Isa, class Format>
void matmul_by_bands(const matrix<Format>& w, const activation* a /* (tokens) */, std::size_t tokens, float* y,
                     std::size_t y_stride) {
  const std::size_t fit = 8192 / Format::tile_bytes(w.cols == 0 ? 1 : w.cols) / 4 * 4;
  const std::size_t band = fit < 16 ? 16 : fit;
  for (std::size_t row = 0; row < w.rows; row += band)
    for (std::size_t t = 0; t < tokens; ++t)
      matvec<Isa>(w.slice(row, w.rows - row < band ? w.rows - row : band), a[t], y + t * y_stride + row);
}

}  // namespace detail

/// y (tokens, padded(rows)), its rows y_stride apart, = activations * w^T, each token with the bits of matvec. Goes
/// tile by tile, so that weights are read from memory once, and unpacked once for up to eight tokens.
template <class Isa = simd::native, integer_format Format>
void matmul(const matrix<Format>& w, const activation* a /* (tokens) */, std::size_t tokens, float* y,
            std::size_t y_stride) {
  constexpr bool native_rows = Format::rows == interleaved_rows(Isa::value);
  // Where an instruction multiplies several tokens, two tiles reuse one rearrangement of the activations.
  constexpr bool pairs = simd::multiplies_several_tokens<simd::dot4<Isa, Format::rows>> && group_scaled_format<Format>;
  constexpr std::size_t together = pairs ? 2 : native_rows ? Isa::integer_tiles : 1;
  constexpr std::size_t most = native_rows || Isa::integer_tokens < 4 ? Isa::integer_tokens : 4;
  const std::size_t tiles = ceil_div(w.rows, Format::rows);
  std::size_t tile = 0;
  for (; tile + together <= tiles; tile += together)
    detail::matmul_tiles<Isa, most, together>(w, tile, a, tokens, y, y_stride);
  if constexpr (together > 1)
    if (tile < tiles) detail::matmul_tiles<Isa, most, 1>(w, tile, a, tokens, y, y_stride);
}

/// The same for instruction sets with a kernel of several rows at once, which is faster than several tokens at once.
template <class Isa = simd::native, std::size_t Rows, std::size_t Group>
  requires(detail::takes_rows<Isa, Rows> || detail::takes_rows_guarded<Isa, Rows>)
void matmul(const matrix<q8<Rows, Group>>& w, const activation* a /* (tokens) */, std::size_t tokens, float* y,
            std::size_t y_stride) {
  detail::matmul_by_bands<Isa>(w, a, tokens, y, y_stride);
}
template <class Isa = simd::native, integer_format Format>
  requires detail::has_row_major_kernel<Isa, Format>
void matmul(const matrix<Format>& w, const activation* a /* (tokens) */, std::size_t tokens, float* y,
            std::size_t y_stride) {
  detail::matmul_by_bands<Isa>(w, a, tokens, y, y_stride);
}

/// y (tokens, padded(rows)) = x (tokens, x_stride) * w^T. `buffer` holds activation_bytes(cols): one token is rounded
/// and multiplied at a time, unless activations stay floats.
template <class Isa = simd::native, class Format>
void matmul(const matrix<Format>& w, const float* x, std::size_t x_stride, std::size_t tokens, float* y,
            std::size_t y_stride, std::byte* buffer) {
  if constexpr (Format::activation_group == 0) {
    const activation two[] = {{.x = x}, {.x = tokens > 1 ? x + x_stride : x}};
    matmul<Isa>(w, two, tokens, y, y_stride);
  } else {
    for (std::size_t t = 0; t < tokens; ++t)
      matvec<Isa>(w, quantize_activations<Format>(x + t * x_stride, w.cols, buffer), y + t * y_stride);
  }
}

/// dx (tokens, x_stride) += dy (tokens, y_stride) * w. Rows are added in index order. `rows` holds four decoded rows,
/// 4 * padded(cols) floats.
template <class Format>
void matmul_input_gradient(const matrix<Format>& w, const float* dy, std::size_t y_stride, std::size_t tokens,
                           float* dx, std::size_t x_stride, float* rows) {
  using floats = simd::floats<16>;
  const std::size_t stride = padded(w.cols);
  for (std::size_t row = 0; row < w.rows; row += 4) {
    const std::size_t count = w.rows - row < 4 ? w.rows - row : 4;
    for (std::size_t r = 0; r < 4; ++r) {
      float* decoded = rows + r * stride;
      if (r < count) w.decode_row(row + r, decoded);
      for (std::size_t col = r < count ? w.cols : 0; col < stride; ++col) decoded[col] = 0;
    }
    for (std::size_t t = 0; t < tokens; ++t) {
      const float* g = dy + t * y_stride + row;
      float four[4] = {};
      for (std::size_t r = 0; r < count; ++r) four[r] = g[r];
      const auto g0 = floats::all(four[0]);
      const auto g1 = floats::all(four[1]);
      const auto g2 = floats::all(four[2]);
      const auto g3 = floats::all(four[3]);
      float* out = dx + t * x_stride;
      for (std::size_t col = 0; col < stride; col += 16) {
        auto sum = floats::load(out + col) + g0 * floats::load(rows + col);
        sum = sum + g1 * floats::load(rows + stride + col);
        sum = sum + g2 * floats::load(rows + 2 * stride + col);
        sum = sum + g3 * floats::load(rows + 3 * stride + col);
        sum.store(out + col);
      }
    }
  }
}

/// dw (in the layout of f32<Rows>) += dy^T (tokens, y_stride) * x (tokens, x_stride). Tokens are added in index order.
template <std::size_t Rows>
void matmul_weight_gradient(float* dw, std::size_t rows, std::size_t cols, const float* dy, std::size_t y_stride,
                            const float* x, std::size_t x_stride, std::size_t tokens) {
  using floats = simd::floats<Rows>;
  constexpr std::size_t together = Rows == 1 ? 1 : 8;
  const std::size_t tiles = ceil_div(rows, Rows);
  for (std::size_t tile = 0; tile < tiles; ++tile) {
    const float* g = dy + tile * Rows;
    std::size_t col = 0;
    for (; col + together <= cols; col += together) {
      float* out = dw + (tile * cols + col) * Rows;
      floats sum[together];
      for (std::size_t c = 0; c < together; ++c) sum[c] = floats::load(out + c * Rows);
      for (std::size_t t = 0; t < tokens; ++t) {
        const auto gradient = floats::load(g + t * y_stride);
#pragma GCC unroll 8
        for (std::size_t c = 0; c < together; ++c) sum[c] = sum[c] + gradient * floats::all(x[t * x_stride + col + c]);
      }
      for (std::size_t c = 0; c < together; ++c) sum[c].store(out + c * Rows);
    }
    for (; col < cols; ++col) {
      float* out = dw + (tile * cols + col) * Rows;
      auto sum = floats::load(out);
      for (std::size_t t = 0; t < tokens; ++t)
        sum = sum + floats::load(g + t * y_stride) * floats::all(x[t * x_stride + col]);
      sum.store(out);
    }
  }
}

}  // namespace mote::inline v0
