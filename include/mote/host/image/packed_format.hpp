// SPDX-License-Identifier: BSL-1.0
// A format as a run-time value: its name, its sizes and functions on a matrix, for programs that get the format of a
// matrix from a file or a user. packed_format_of<F> (packed_format_of.hpp) makes one from a type.
// Refuses to multiply: kernels are compiled for their format.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "mote/host/quantize/quantization_grid.hpp"

namespace mote::inline v0::host {

struct stored_matrix;

struct packed_format {
  std::string_view name;    ///< with its rows: "q4x16", "q4k192x16"
  std::string_view family;  ///< without them: "q4", "q4k"
  std::size_t group = 0;
  std::size_t rows = 1;  ///< interleaved
  bool quantized = false;
  std::size_t (*bytes)(std::size_t rows, std::size_t cols) = nullptr;
  std::size_t (*tile_bytes)(std::size_t cols) = nullptr;
  bool (*is_bounded)(const std::byte* tile, std::size_t cols) = nullptr;  ///< the check that attach() makes
  /// Functions on a single row, which is a tile of the same format with one row.
  struct alone {
    std::size_t (*bytes)(std::size_t cols) = nullptr;
    void (*encode)(const float* w /* (count, cols) */, std::size_t count /* 1; 0 writes a padding row */,
                   std::size_t cols, std::byte* row) = nullptr;
    void (*decode)(const std::byte* row, std::size_t /* 0 */, std::size_t cols, float* out /* (cols) */) = nullptr;
    /// Copies the integers or blocks of row `index` of the source into an encoded row, where this format holds them
    /// exactly.
    void (*keep)(const stored_matrix& from, std::size_t index, std::size_t cols, std::byte* row) = nullptr;
    void (*put_codes)(std::byte* row, std::size_t cols, const group_scale* scales,
                      const std::uint8_t* codes /* (cols) */) = nullptr;
  } row;
  /// Copy one row out of a tile, and into one: bits are moved, nothing is rounded.
  void (*take_row)(const std::byte* tile, std::size_t row, std::size_t cols, std::byte* alone) = nullptr;
  void (*put_row)(const std::byte* alone, std::byte* tile, std::size_t row, std::size_t cols) = nullptr;
  /// The grid that a quantizer rounds to; null for floats.
  quantization_grid (*levels)() = nullptr;

  bool takes_codes() const { return row.put_codes != nullptr; }

  /// Rounds `count` rows into a tile; the other rows of the tile become padding rows.
  void encode_tile(const float* w /* (count, cols) */, std::size_t count, std::size_t cols, std::byte* tile) const;
  void decode_row(const std::byte* tile, std::size_t index, std::size_t cols, float* out /* (cols) */) const;
  /// As row.keep, for `count` rows of an encoded tile. `first` is the index of its first row in the source.
  void keep(const stored_matrix& from, std::size_t first, std::size_t count, std::size_t cols, std::byte* tile) const;
  /// Writes the scales and codes of a quantizer as row `index` of a tile.
  void put_codes(std::byte* tile, std::size_t index, std::size_t cols, const group_scale* scales,
                 const std::uint8_t* codes /* (cols) */) const;
};

}  // namespace mote::inline v0::host
