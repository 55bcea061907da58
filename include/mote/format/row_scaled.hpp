// SPDX-License-Identifier: BSL-1.0
// The common part of ternary and trits, which have one scale a row: a tile is Rows floats, then groups of codes.
//
//   one tile of Rows rows:   | scale row 0 | .. | scale row Rows-1 |  float each
//                            | group 0 | group 1 | ..                 as the format lays them
//
// weight = scale * (-1, 0 or 1). Activations have one scale for the whole row as well, so that integers are summed over
// all groups, and multiplied with floats once a row. For models trained for three values: docs/reference/ternary.md.
// Refuses a scale for less than a row.
#pragma once

#include <cstddef>
#include <cstdint>

#include "mote/core/bytes.hpp"
#include "mote/core/finite.hpp"
#include "mote/format/grid.hpp"
#include "mote/simd/dot4.hpp"

namespace mote::inline v0 {

/// Format (the derived class) has put(group, row, col, code) and get(group, row, col), which returns the code.
template <class Format, std::size_t Rows, std::size_t Group, std::size_t GroupBytes>
struct row_scaled {
  static_assert(Rows == 1 || Rows == 4 || Rows == 8 || Rows == 16);
  using grid = ternary_grid;
  static constexpr std::size_t rows = Rows;
  static constexpr std::size_t group = Group;
  static constexpr std::size_t group_bytes = GroupBytes;
  static constexpr std::size_t scale_columns = whole_row;
  static constexpr std::size_t activation_group = whole_row;
  static constexpr bool quantized = true;
  static constexpr std::size_t header_bytes = Rows * 4;

  static constexpr std::size_t groups(std::size_t cols) { return ceil_div(cols, Group); }
  static constexpr std::size_t tile_bytes(std::size_t cols) { return header_bytes + groups(cols) * GroupBytes; }
  /// The packed size of a (rows, cols) matrix; rows are padded with zeros to a whole tile.
  static constexpr std::size_t bytes(std::size_t row_count, std::size_t cols) {
    return ceil_div(row_count, Rows) * tile_bytes(cols);
  }

  /// Writes the codes of one group of a row, and the scale of the whole row: the last one written counts.
  static void write_group(std::byte* tile, std::size_t row, std::size_t, std::size_t g, float scale,
                          const std::uint8_t* codes /* (group) */) {
    __builtin_memcpy(tile + row * 4, &scale, 4);
    auto* to = reinterpret_cast<std::uint8_t*>(tile + header_bytes + g * GroupBytes);
    for (std::size_t i = 0; i < Group; ++i) Format::put(to, row, i, codes[i]);
  }
  static void read_group(const std::byte* tile, std::size_t row, std::size_t, std::size_t g, float& scale,
                         std::uint8_t* codes /* (group) */) {
    __builtin_memcpy(&scale, tile + row * 4, 4);
    const auto* from = reinterpret_cast<const std::uint8_t*>(tile + header_bytes + g * GroupBytes);
    for (std::size_t i = 0; i < Group; ++i) codes[i] = static_cast<std::uint8_t>(Format::get(from, row, i));
  }

  /// True if the tile's scales are finite and within 65504; attach() asks.
  static bool is_bounded(const std::byte* tile, std::size_t) { return floats_within(tile, Rows); }

  /// Rounds the rows of one tile. Missing rows and columns are zero.
  static void encode_tile(const float* w /* (count, cols) */, std::size_t count, std::size_t cols, std::byte* tile) {
    __builtin_memset(tile, 0, tile_bytes(cols));
    for (std::size_t row = 0; row < Rows; ++row) {
      const float* from = w + row * cols;
      const float scale = row < count ? grid::scale_of(from, cols) : 0.0F;
      for (std::size_t g = 0; g < groups(cols); ++g) {
        std::uint8_t codes[Group];
        for (std::size_t i = 0; i < Group; ++i) {
          const std::size_t col = g * Group + i;
          codes[i] =
              static_cast<std::uint8_t>(row < count && col < cols ? grid::nearest(from[col], scale) : grid::zero);
        }
        write_group(tile, row, cols, g, scale, codes);
      }
    }
  }

  /// Decodes one row of a tile.
  static void decode_row(const std::byte* tile, std::size_t row, std::size_t cols, float* out /* (cols) */) {
    for (std::size_t g = 0; g < groups(cols); ++g) {
      float scale = 0;
      std::uint8_t codes[Group];
      read_group(tile, row, cols, g, scale, codes);
      for (std::size_t i = 0; i < Group && g * Group + i < cols; ++i)
        out[g * Group + i] = scale * static_cast<float>(grid::value(codes[i]));
    }
  }

  MOTE_INLINE static simd::floats<Rows> scales(const std::byte* tile) {
    float scale[Rows];
    __builtin_memcpy(scale, tile, sizeof scale);
    return simd::floats<Rows>::load(scale);
  }
};

}  // namespace mote::inline v0
