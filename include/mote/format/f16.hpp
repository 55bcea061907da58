// SPDX-License-Identifier: BSL-1.0
// Weights as IEEE binary16, Rows rows interleaved column by column: half of f32's bytes, 11 bits of precision.
//
//   one tile of Rows rows:   | column 0: row 0 .. row Rows-1 | column 1: row 0 .. row Rows-1 | ...
//                              Rows * 2 bytes
//
//   one weight:              | sign 1 | exponent 5 | fraction 10 |   6e-8 (subnormal) to 65504
//
// A load converts weights to floats, exactly. Activations are rounded to 13 bits of precision, so that a product is
// exactly a float, and a fused multiply-add gives the bits of two instructions. With Rows = 1 a tile is GGUF's F16.
// Error of a Gaussian matrix: 0.021 % RMS (tests/format/f16.cpp).
// Refuses arithmetic in half precision, and magnitudes above 65504: a tile gets 65504, and the image writer throws.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "mote/core/bytes.hpp"
#include "mote/core/finite.hpp"
#include "mote/format/grid.hpp"
#include "mote/simd/float16.hpp"

namespace mote::inline v0 {

template <std::size_t Rows = 1>
struct f16 {
  static constexpr std::string_view name = Rows == 1 ? "f16" : Rows == 4 ? "f16x4" : Rows == 8 ? "f16x8" : "f16x16";
  static constexpr std::size_t rows = Rows;
  static constexpr std::size_t group = 1;
  static constexpr std::size_t activation_group = exact_products(11);  // floats of 13 bits
  static constexpr bool quantized = false;
  static constexpr double bits_per_weight = 16;
  template <std::size_t R>
  using with_rows = f16<R>;

  static constexpr std::size_t tile_bytes(std::size_t cols) { return Rows * cols * 2; }
  /// The packed size of a (rows, cols) matrix; rows are padded with zeros to a whole tile.
  static constexpr std::size_t bytes(std::size_t row_count, std::size_t cols) {
    return ceil_div(row_count, Rows) * tile_bytes(cols);
  }

  /// What a kernel loads at once: `step` columns of Rows rows, as floats.
  static constexpr std::size_t step = 1;
  MOTE_INLINE static void load(const std::byte* at, simd::floats<Rows> (&w)[step]) {
    w[0] = simd::load_binary16<Rows>(reinterpret_cast<const std::uint16_t*>(at));
  }

  static std::uint16_t read_bits(const std::byte* tile, std::size_t row, std::size_t col) {
    std::uint16_t bits = 0;
    __builtin_memcpy(&bits, tile + (col * Rows + row) * 2, 2);
    return bits;
  }
  static void write_bits(std::byte* tile, std::size_t row, std::size_t col, std::uint16_t bits) {
    __builtin_memcpy(tile + (col * Rows + row) * 2, &bits, 2);
  }

  /// True if all weights of the tile are finite; attach() asks.
  static bool is_bounded(const std::byte* tile, std::size_t cols) { return halves_within(tile, Rows * cols, 0x7BFFU); }

  /// Packs the rows of one tile, rounding each weight to the nearest. Missing rows are zero.
  static void encode_tile(const float* w /* (count, cols) */, std::size_t count, std::size_t cols, std::byte* tile) {
    for (std::size_t col = 0; col < cols; ++col)
      for (std::size_t row = 0; row < Rows; ++row)
        write_bits(tile, row, col, row < count ? simd::to_binary16(w[row * cols + col]) : std::uint16_t{0});
  }

  /// Decodes one row of a tile.
  static void decode_row(const std::byte* tile, std::size_t row, std::size_t cols, float* out /* (cols) */) {
    for (std::size_t col = 0; col < cols; ++col) out[col] = simd::from_binary16(read_bits(tile, row, col));
  }
};

}  // namespace mote::inline v0
