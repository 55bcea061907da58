// SPDX-License-Identifier: BSL-1.0
// Weights as IEEE floats, Rows rows interleaved column by column.
//
//   one tile of Rows rows:   | column 0: row 0 .. row Rows-1 | column 1: row 0 .. row Rows-1 | ...
//                              Rows * 4 bytes
//
// A row's sum is one accumulator over the columns in index order, as in a plain loop. Training needs this format, and
// all others are measured against it.
// Refuses, at attach(), weights that are not finite or beyond 65504, as all formats do.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "mote/core/bytes.hpp"
#include "mote/core/finite.hpp"
#include "mote/simd/pack.hpp"

namespace mote::inline v0 {

template <std::size_t Rows = 1>
struct f32 {
  static constexpr std::string_view name = Rows == 1 ? "f32" : Rows == 4 ? "f32x4" : Rows == 8 ? "f32x8" : "f32x16";
  static constexpr std::size_t rows = Rows;
  static constexpr std::size_t group = 1;
  static constexpr std::size_t activation_group = 0;  // activations stay floats
  static constexpr bool quantized = false;
  static constexpr double bits_per_weight = 32;
  template <std::size_t R>
  using with_rows = f32<R>;

  static constexpr std::size_t tile_bytes(std::size_t cols) { return Rows * cols * 4; }
  /// The packed size of a (rows, cols) matrix; rows are padded with zeros to a whole tile.
  static constexpr std::size_t bytes(std::size_t row_count, std::size_t cols) {
    return ceil_div(row_count, Rows) * tile_bytes(cols);
  }

  /// What a kernel loads at once: `step` columns of Rows rows.
  static constexpr std::size_t step = 1;
  MOTE_INLINE static void load(const std::byte* at, simd::floats<Rows> (&w)[step]) {
    w[0] = simd::floats<Rows>::load(reinterpret_cast<const float*>(at));
  }

  /// True if all weights of the tile are finite and within 65504; attach() asks.
  static bool is_bounded(const std::byte* tile, std::size_t cols) { return floats_within(tile, Rows * cols); }

  /// Packs the rows of one tile. Missing rows are zero.
  static void encode_tile(const float* w /* (count, cols) */, std::size_t count, std::size_t cols, std::byte* tile) {
    for (std::size_t col = 0; col < cols; ++col) {
      for (std::size_t row = 0; row < Rows; ++row) {
        const float value = row < count ? w[row * cols + col] : 0.0F;
        __builtin_memcpy(tile + (col * Rows + row) * 4, &value, 4);
      }
    }
  }

  /// Decodes one row of a tile.
  static void decode_row(const std::byte* tile, std::size_t row, std::size_t cols, float* out /* (cols) */) {
    for (std::size_t col = 0; col < cols; ++col) __builtin_memcpy(out + col, tile + (col * Rows + row) * 4, 4);
  }
};

}  // namespace mote::inline v0
