// SPDX-License-Identifier: BSL-1.0
// The common part of q2 to q6 and iq4_nl: codes in bit fields, one binary16 scale for 32 columns of a row.
//
//   one block: Rows rows x 32 columns, Rows * (2 + 4 * bits) bytes
//   | scale row 0 | .. | scale row Rows-1 |  binary16 each
//   | fields of codes (format/bit_fields.hpp) |
//
// weight = scale * value(code), by the grid. Rows of any width: the last group is padded with the grid's zero.
// Refuses more than one scale a group, and minima: format/qk.hpp has those.
#pragma once

#include <cstddef>
#include <cstdint>

#include "mote/core/bytes.hpp"
#include "mote/core/finite.hpp"
#include "mote/format/bit_fields.hpp"
#include "mote/format/grid.hpp"

namespace mote::inline v0 {

template <class Grid, std::size_t Rows>
struct group_scaled {
  static_assert(Rows == 1 || Rows == 4 || Rows == 8 || Rows == 16);
  using grid = Grid;
  using code_fields = bit_fields<Grid::bits, Rows>;

  static constexpr std::size_t rows = Rows;
  static constexpr std::size_t group = 32;
  static constexpr std::size_t scale_columns = 32;     // columns of a row that share a scale
  static constexpr std::size_t activation_group = 32;  // and of an activation
  static constexpr bool quantized = true;
  static constexpr double bits_per_weight = Grid::bits + 0.5;

  static constexpr bool looked_up = requires { Grid::table; };
  static constexpr float largest_value = [] {
    int most = 0;
    for (unsigned code = 0; code < Grid::codes; ++code) {
      const int size = Grid::value(code) < 0 ? -Grid::value(code) : Grid::value(code);
      most = size > most ? size : most;
    }
    return static_cast<float>(most);
  }();
  static constexpr bool doubled = requires { Grid::steps; };  // a step of the code is two of the value

  struct block {
    simd::half_bits scale[Rows];
    std::uint8_t codes[code_fields::bytes];
  };
  static_assert(sizeof(block) == Rows * (2 + 4 * Grid::bits));

  static constexpr std::size_t groups(std::size_t cols) { return ceil_div(cols, group); }
  static constexpr std::size_t tile_bytes(std::size_t cols) { return groups(cols) * sizeof(block); }
  /// The packed size of a (rows, cols) matrix; rows are padded with zeros to a whole tile.
  static constexpr std::size_t bytes(std::size_t row_count, std::size_t cols) {
    return ceil_div(row_count, Rows) * tile_bytes(cols);
  }

  /// Writes 32 codes of one row and their scale, which binary16 must hold exactly.
  static void write_group(std::byte* tile, std::size_t row, std::size_t, std::size_t g, float scale,
                          const std::uint8_t* codes /* (group) */) {
    auto* b = reinterpret_cast<block*>(tile + g * sizeof(block));
    const simd::half_bits half = simd::float_to_signed_half(scale);
    __builtin_memcpy(reinterpret_cast<std::byte*>(b->scale) + row * 2, &half, 2);
    for (std::size_t i = 0; i < group; ++i) code_fields::put(b->codes, row, i, codes[i]);
  }
  static void read_group(const std::byte* tile, std::size_t row, std::size_t, std::size_t g, float& scale,
                         std::uint8_t* codes /* (group) */) {
    const auto* b = reinterpret_cast<const block*>(tile + g * sizeof(block));
    scale = simd::signed_half_to_float(b->scale[row]);
    for (std::size_t i = 0; i < group; ++i) codes[i] = static_cast<std::uint8_t>(code_fields::get(b->codes, row, i));
  }

  /// True if the tile's scales are finite and make no weight beyond about 65504; attach() asks.
  static bool is_bounded(const std::byte* tile, std::size_t cols) {
    constexpr std::uint16_t most = simd::float_to_half(largest_weight / largest_value);
    constexpr std::uint16_t seen = Grid::signed_scale ? 0x7FFFU : 0xFFFFU;  // machines read a sign differently
    for (std::size_t g = 0; g < groups(cols); ++g, tile += sizeof(block))
      if (!halves_within(tile, Rows, most, seen)) return false;
    return true;
  }

  /// Rounds the rows of one tile. Missing rows have the scale zero, missing columns the grid's zero.
  static void encode_tile(const float* w /* (count, cols) */, std::size_t count, std::size_t cols, std::byte* tile) {
    for (std::size_t g = 0; g < groups(cols); ++g)
      for (std::size_t row = 0; row < Rows; ++row) {
        std::uint8_t codes[group];
        for (auto& code : codes) code = Grid::zero;
        const std::size_t width = cols - g * group < group ? cols - g * group : group;
        const float scale = row < count ? Grid::fit(w + row * cols + g * group, width, codes) : 0.0F;
        write_group(tile, row, cols, g, scale, codes);
      }
  }

  /// Decodes one row of a tile.
  static void decode_row(const std::byte* tile, std::size_t row, std::size_t cols, float* out /* (cols) */) {
    for (std::size_t g = 0; g < groups(cols); ++g) {
      float scale = 0;
      std::uint8_t codes[group];
      read_group(tile, row, cols, g, scale, codes);
      const std::size_t width = cols - g * group < group ? cols - g * group : group;
      for (std::size_t i = 0; i < width; ++i) out[g * group + i] = scale * static_cast<float>(Grid::value(codes[i]));
    }
  }

  // The interface of kernel/integer.hpp: the codes of a block in registers, their dot product, and the scales.

  /// If dot() takes weights up to 255, upper nibbles are multiplied where they are in a byte, and their sum is shifted.
  template <class Unit>
  static constexpr bool in_place = Unit::any_byte && Grid::bits == 4 && !looked_up;

  template <class Unit>
  MOTE_INLINE static void unpack(const block& b, typename Unit::vector (&w)[8]) {
    code_fields::template unpack<Unit, doubled ? 1 : 0, in_place<Unit>>(b.codes, w);
    if constexpr (looked_up)
#pragma GCC unroll 8
      for (auto& v : w) v = Unit::lookup(v, Grid::table);
  }
  template <class Unit, class Activation, class Sum>  // of one token, or of several: simd/dot4.hpp
  MOTE_INLINE static auto dot(const typename Unit::vector (&w)[8], Activation x /* (group) */, Sum x_sum) {
    if constexpr (looked_up) {
      return Unit::signed_dot(simd::start_from<Rows>(0, x_sum), w, x, x_sum);
    } else {
      const auto start = simd::start_from<Rows>(Grid::value(0), x_sum);
      if constexpr (in_place<Unit>) return code_fields::template dot_in_place<Unit>(start, w, x);
      else return Unit::template dot<(Grid::codes - 1) * (doubled ? 2 : 1)>(start, w, x);
    }
  }
  /// The same for instruction sets that multiply codes from memory.
  template <class Unit>
    requires(Unit::has_codes_dot_from_memory)
  MOTE_INLINE static simd::ints<Rows> dot_from_memory(const block& b, const std::int8_t* x /* (group) */,
                                                      [[maybe_unused]] std::int32_t x_sum) {
    if constexpr (looked_up) return Unit::table_dot_from_memory(Grid::table, b.codes, x);
    else return Unit::template codes_dot_from_memory<Grid::bits, doubled ? 2 : 1>(Grid::value(0) * x_sum, b.codes, x);
  }
  /// The instruction set's kernel for several row-major rows, if it has one. It multiplies codes, or what the table has
  /// for them; a weight is scale * (steps * that + least).
  template <class Unit>
    requires(Unit::takes_rows)
  static auto rows_of() {
    if constexpr (looked_up) return typename Unit::template rows_of_codes<Grid::bits, sizeof(block), &Grid::table>();
    else return typename Unit::template rows_of_codes<Grid::bits, sizeof(block)>();
  }
  static constexpr std::size_t codes_at = offsetof(block, codes);
  static constexpr int steps = doubled ? 2 : 1;
  static constexpr int least = looked_up ? 0 : Grid::value(0);
  static constexpr bool has_min = false;

  MOTE_INLINE static simd::floats<Rows> scales(const block& b) {
    return simd::load_halves<Rows, Grid::signed_scale>(b.scale);
  }
};

}  // namespace mote::inline v0
