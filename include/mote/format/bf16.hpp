// SPDX-License-Identifier: BSL-1.0
// Weights as bfloat16, the upper half of a float, Rows rows interleaved in pairs of columns: half of f32's bytes, 8
// bits of precision, magnitudes from 2^-66 to 65280.
//
//   one tile of Rows rows:   | columns 0-1: row 0 | row 1 | .. | row Rows-1 | columns 2-3: row 0 | ...
//                              2 x 16 bits          Rows * 4 bytes
//
//   one weight:              | sign 1 | exponent 8 | fraction 7 |
//
// A pair is one 32-bit lane: its first weight is the lane shifted left by 16, its second the lane without its low half.
// A row of odd width ends with a pair whose second weight is zero. With Rows = 1 and an even width a tile is GGUF's
// BF16, except for weights below 2^-66. Activations are rounded to 16 bits of precision, so that a product is exactly a
// float, as with f16. Error of a Gaussian matrix: 0.17 % RMS (tests/format/bf16.cpp).
// Refuses arithmetic in 16 bits, and weights below 2^-66, whose products could be subnormal: they become zero.
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
struct bf16 {
  static constexpr std::string_view name = Rows == 1 ? "bf16" : Rows == 4 ? "bf16x4" : Rows == 8 ? "bf16x8" : "bf16x16";
  static constexpr std::size_t rows = Rows;
  static constexpr std::size_t group = 1;
  static constexpr std::size_t activation_group = exact_products(8);  // floats of 16 bits
  static constexpr bool quantized = false;
  static constexpr double bits_per_weight = 16;
  template <std::size_t R>
  using with_rows = bf16<R>;

  static constexpr std::size_t tile_bytes(std::size_t cols) { return Rows * round_up(cols, 2) * 2; }
  /// The packed size of a (rows, cols) matrix; rows are padded with zeros to a whole tile.
  static constexpr std::size_t bytes(std::size_t row_count, std::size_t cols) {
    return ceil_div(row_count, Rows) * tile_bytes(cols);
  }

  /// What a kernel loads at once: `step` columns of Rows rows, as floats.
  static constexpr std::size_t step = 2;
  MOTE_INLINE static void load(const std::byte* at, simd::floats<Rows> (&w)[step]) {
    simd::load_bfloat16_pairs<Rows>(reinterpret_cast<const std::uint16_t*>(at), w[0], w[1]);
  }

  static std::uint16_t read_bits(const std::byte* tile, std::size_t row, std::size_t col) {
    std::uint16_t bits = 0;
    __builtin_memcpy(&bits, tile + place(row, col), 2);
    return bits;
  }
  static void write_bits(std::byte* tile, std::size_t row, std::size_t col, std::uint16_t bits) {
    __builtin_memcpy(tile + place(row, col), &bits, 2);
  }

  /// The bits of the bfloat16 nearest to w; a zero of its sign if that is below 2^-66.
  static constexpr std::uint16_t nearest(float w) {
    const std::uint16_t bits = simd::to_bfloat16(w);
    constexpr unsigned least = (127U - 66U) << 7U;
    return static_cast<std::uint16_t>((bits & 0x7FFFU) < least ? bits & 0x8000U : bits);
  }
  /// True if all weights of the tile are finite and within 65504; attach() asks.
  static bool is_bounded(const std::byte* tile, std::size_t cols) {
    return halves_within(tile, Rows * round_up(cols, 2), 0x477FU);  // 65280
  }

  /// Packs the rows of one tile, rounding each weight to the nearest. Missing rows and the odd column are zero.
  static void encode_tile(const float* w /* (count, cols) */, std::size_t count, std::size_t cols, std::byte* tile) {
    for (std::size_t col = 0; col < round_up(cols, 2); ++col)
      for (std::size_t row = 0; row < Rows; ++row)
        write_bits(tile, row, col, row < count && col < cols ? nearest(w[row * cols + col]) : std::uint16_t{0});
  }

  /// Decodes one row of a tile.
  static void decode_row(const std::byte* tile, std::size_t row, std::size_t cols, float* out /* (cols) */) {
    for (std::size_t col = 0; col < cols; ++col) out[col] = simd::from_bfloat16(read_bits(tile, row, col));
  }

 private:
  static constexpr std::size_t place(std::size_t row, std::size_t col) {
    return ((col / 2 * Rows + row) * 2 + col % 2) * 2;
  }
};

}  // namespace mote::inline v0
