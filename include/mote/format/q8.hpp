// SPDX-License-Identifier: BSL-1.0
// Weights as 8-bit integers, symmetric, one scale for Group columns of a row; Rows rows interleaved in quads of four
// columns, so that one vector instruction serves Rows rows. 8.5 bits a weight either way:
//   Group = 32: binary16 scales. With Rows = 1 a block is GGUF's Q8_0, bit for bit.
//   Group = 64: float scales, as llama2.c's version 2 files have them, bit for bit.
//
//   one block: Rows rows x 32 columns, Rows * 34 bytes            (Group = 64: Rows * 68)
//   | scale row 0 | .. | scale row Rows-1 |  binary16 each        (Group = 64: float each)
//   | columns 0-3: row 0 | row 1 | .. | columns 4-7: row 0 | row 1 | .. | ..  columns 28-31 |  int8 each
//
// weight = scale * integer, integers in [-127, 127]. Rows of any width: the last group is padded with zeros.
// Error of a Gaussian matrix: 0.54 % RMS (tests/format/q8.cpp).
// Refuses to encode -128, so that codes are symmetric, and negative scales.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

#include "mote/core/bytes.hpp"
#include "mote/core/finite.hpp"
#include "mote/format/grid.hpp"
#include "mote/simd/dot4.hpp"
#include "mote/simd/half.hpp"

namespace mote::inline v0 {

template <std::size_t Rows = 1, std::size_t Group = 32>
struct q8 {
  static_assert(Group == 32 || Group == 64);
  static constexpr bool wide = Group == 64;
  static constexpr std::string_view name = wide ? (Rows == 1   ? "q8g64"
                                                   : Rows == 4 ? "q8g64x4"
                                                   : Rows == 8 ? "q8g64x8"
                                                               : "q8g64x16")
                                                : (Rows == 1   ? "q8"
                                                   : Rows == 4 ? "q8x4"
                                                   : Rows == 8 ? "q8x8"
                                                               : "q8x16");
  static constexpr std::size_t rows = Rows;
  static constexpr std::size_t group = Group;
  static constexpr std::size_t scale_columns = Group;
  static constexpr std::size_t activation_group = Group;
  static constexpr bool quantized = true;
  static constexpr double bits_per_weight = 8.5;
  template <std::size_t Other>
  using with_rows = q8<Other, Group>;
  using grid = byte_grid<wide>;
  using scale_type = std::conditional_t<wide, float, simd::half_bits>;

  struct block {
    scale_type scale[Rows];
    std::int8_t quads[group / 4][Rows][4];
  };
  static_assert(sizeof(block) == Rows * (Group + sizeof(scale_type)));

  static constexpr scale_type to_scale(float x) {
    if constexpr (wide) return x;
    else return simd::float_to_half(x);
  }
  static constexpr float from_scale(scale_type x) {
    if constexpr (wide) return x;
    else return simd::half_to_float(x);
  }

  static constexpr std::size_t groups(std::size_t cols) { return ceil_div(cols, group); }
  static constexpr std::size_t tile_bytes(std::size_t cols) { return groups(cols) * sizeof(block); }
  /// The packed size of a (rows, cols) matrix; rows are padded with zeros to a whole tile.
  static constexpr std::size_t bytes(std::size_t row_count, std::size_t cols) {
    return ceil_div(row_count, Rows) * tile_bytes(cols);
  }

  /// Writes one group of a row: its scale, and its codes, which are 128 more than the integers.
  static void write_group(std::byte* tile, std::size_t row, std::size_t, std::size_t g, float scale,
                          const std::uint8_t* codes /* (group) */) {
    auto* b = reinterpret_cast<block*>(tile + g * sizeof(block));
    const scale_type stored = to_scale(scale);
    __builtin_memcpy(b->scale + row, &stored, sizeof stored);
    for (std::size_t i = 0; i < group; ++i)
      b->quads[i / 4][row][i % 4] = static_cast<std::int8_t>(grid::value(codes[i]));
  }
  static void read_group(const std::byte* tile, std::size_t row, std::size_t, std::size_t g, float& scale,
                         std::uint8_t* codes /* (group) */) {
    const auto* b = reinterpret_cast<const block*>(tile + g * sizeof(block));
    scale = from_scale(b->scale[row]);
    for (std::size_t i = 0; i < group; ++i) codes[i] = static_cast<std::uint8_t>(b->quads[i / 4][row][i % 4] + 128);
  }

  /// True if the tile's scales are finite and make no weight beyond about 65504; attach() asks.
  static bool is_bounded(const std::byte* tile, std::size_t cols) {
    for (std::size_t g = 0; g < groups(cols); ++g, tile += sizeof(block)) {
      if constexpr (wide) {
        if (!floats_within(tile, Rows, largest_weight / 127.0F)) return false;
      } else {  // the mask includes the sign, which machines would read differently
        if (!halves_within(tile, Rows, simd::float_to_half(largest_weight / 127.0F), 0xFFFFU)) return false;
      }
    }
    return true;
  }

  /// Rounds the rows of one tile to the nearest integers. Missing rows and columns are zero.
  static void encode_tile(const float* w /* (count, cols) */, std::size_t count, std::size_t cols, std::byte* tile) {
    for (std::size_t g = 0; g < groups(cols); ++g)
      for (std::size_t row = 0; row < Rows; ++row) {
        std::uint8_t codes[group];
        for (auto& code : codes) code = grid::zero;
        const std::size_t width = cols - g * group < group ? cols - g * group : group;
        const float scale = row < count ? grid::fit(w + row * cols + g * group, width, codes) : 0.0F;
        write_group(tile, row, cols, g, scale, codes);
      }
  }

  /// Decodes one row of a tile.
  static void decode_row(const std::byte* tile, std::size_t row, std::size_t cols, float* out /* (cols) */) {
    for (std::size_t g = 0; g < groups(cols); ++g) {
      const auto* b = reinterpret_cast<const block*>(tile + g * sizeof(block));
      const float scale = from_scale(b->scale[row]);
      const std::size_t width = cols - g * group < group ? cols - g * group : group;
      const auto* quad =
          reinterpret_cast<const std::int8_t*>(b->quads) + 4 * row;  // four columns each, Rows quads apart
      float* to = out + g * group;
      if constexpr (Rows == 1) {
        for (std::size_t i = 0; i < width; ++i) to[i] = scale * static_cast<float>(quad[i]);
      } else {
        std::size_t i = 0;
        for (; i + 4 <= width; i += 4, quad += 4 * Rows)
          for (std::size_t j = 0; j < 4; ++j) to[i + j] = scale * static_cast<float>(quad[j]);
        for (std::size_t j = 0; i + j < width; ++j) to[i + j] = scale * static_cast<float>(quad[j]);
      }
    }
  }

  // The interface of kernel/integer.hpp: the integers of a block in registers, their dot product, and the scales.

  template <class Unit>
  MOTE_INLINE static void unpack(const block& b, typename Unit::vector (&w)[group / 4]) {
#pragma GCC unroll 16
    for (std::size_t i = 0; i < group / 4; ++i)
      w[i] = Unit::from_signed(Unit::load(reinterpret_cast<const std::uint8_t*>(b.quads[i])));
  }
  template <class Unit, class Activation, class Sum>  // of one token, or of several: simd/dot4.hpp
  MOTE_INLINE static auto dot(const typename Unit::vector (&w)[group / 4], Activation x /* (group) */, Sum x_sum) {
    return Unit::signed_dot(simd::start_from<Rows>(0, x_sum), w, x, x_sum);
  }
  /// The same for instruction sets that multiply weights from memory, without a block in registers.
  template <class Unit>
    requires(Unit::has_dot_from_memory)
  MOTE_INLINE static simd::ints<Rows> dot_from_memory(const block& b, const std::int8_t* x /* (group) */,
                                                      std::int32_t) {
    return Unit::template dot_from_memory<group / 4>(reinterpret_cast<const std::uint8_t*>(b.quads), x);
  }
  MOTE_INLINE static simd::floats<Rows> scales(const block& b) {
    if constexpr (wide) return simd::floats<Rows>::load(b.scale);
    else return simd::load_halves<Rows>(b.scale);
  }
};

}  // namespace mote::inline v0
