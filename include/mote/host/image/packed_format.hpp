// SPDX-License-Identifier: BSL-1.0
// A format as a value: its name, its sizes and what can be done with a matrix of it, for programs that learn from a file
// or a person which format a matrix has. packed_format_of<F> (packed_format_of.hpp) makes one of a type.
// Refuses to multiply: kernels know their format when they are compiled.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "mote/host/quantize/grid.hpp"

namespace mote::inline v0::host {

struct raw_tensor;

struct packed_format {
  std::string_view name;    ///< with its rows: "q4x16", "q4k192x16"
  std::string_view family;  ///< without them: "q4", "q4k"
  std::size_t group = 0;
  std::size_t rows = 1;  ///< interleaved
  bool quantised = false;
  std::size_t (*bytes)(std::size_t rows, std::size_t cols) = nullptr;
  std::size_t (*tile_bytes)(std::size_t cols) = nullptr;
  bool (*is_bounded)(const std::byte* tile, std::size_t cols) = nullptr;  ///< what attach() asks
  /// A row alone is a tile of the same format with one row; these are its functions.
  struct alone {
    std::size_t (*bytes)(std::size_t cols) = nullptr;
    void (*encode)(const float* w /* (count, cols) */, std::size_t count /* 0: no row, but its place */,
                   std::size_t cols, std::byte* row) = nullptr;
    void (*decode)(const std::byte* row, std::size_t /* 0 */, std::size_t cols, float* out /* (cols) */) = nullptr;
    /// Puts what the source itself had into an encoded row, where this format holds it. `index`: of the row in its layer.
    void (*keep)(const raw_tensor& from, std::size_t layer, std::size_t layer_rows, std::size_t index, std::size_t cols,
                 std::byte* row) = nullptr;
    void (*put_codes)(std::byte* row, std::size_t cols, const group_scale* scales,
                      const std::uint8_t* codes /* (cols) */) = nullptr;
  } row;
  /// One row out of a tile and into one: bits are moved, none is rounded.
  void (*take_row)(const std::byte* tile, std::size_t row, std::size_t cols, std::byte* alone) = nullptr;
  void (*put_row)(const std::byte* alone, std::byte* tile, std::size_t row, std::size_t cols) = nullptr;
  /// The numbers that a quantiser may choose from; null where floats stay floats.
  grid (*levels)() = nullptr;

  bool takes_codes() const { return row.put_codes != nullptr; }

  /// Rounds `count` rows to a whole tile, what is missing of it as the format wants it.
  void encode_tile(const float* w /* (count, cols) */, std::size_t count, std::size_t cols, std::byte* tile) const;
  void decode_row(const std::byte* tile, std::size_t index, std::size_t cols, float* out /* (cols) */) const;
  /// Puts what the source itself had into an encoded tile, where this format holds it. `first`: the tile's first row.
  void keep(const raw_tensor& from, std::size_t layer, std::size_t layer_rows, std::size_t first, std::size_t count,
            std::size_t cols, std::byte* tile) const;
  /// Writes what a quantiser chose as a row of a tile.
  void put_codes(std::byte* tile, std::size_t index, std::size_t cols, const group_scale* scales,
                 const std::uint8_t* codes /* (cols) */) const;
};

}  // namespace mote::inline v0::host
