// SPDX-License-Identifier: BSL-1.0
// Weights as 4- or 5-bit integers with a scale and a minimum for 32 columns of a row: 5 and 6 bits a weight.
//
//   one block: Rows rows x 32 columns
//   | scale row 0 | .. | scale row Rows-1 | minimum row 0 | .. | minimum row Rows-1 |   binary16 each
//   | fields of codes (format/bit_fields.hpp) |
//
// weight = scale * code + minimum. With 4 bits and Rows = 1 a block is GGUF's Q4_1, byte for byte; with 5 it holds the
// numbers of Q5_1. Error of a Gaussian matrix: 7.8 % and 3.8 % RMS (tests/format/affine.cpp). For files that come in
// these formats: qk<4> and qk<5> have less error in fewer bits.
// Refuses to search for a better scale: a group reaches from its smallest weight to its largest, as in GGUF.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "mote/core/bytes.hpp"
#include "mote/core/finite.hpp"
#include "mote/format/bit_fields.hpp"
#include "mote/format/qk_fit.hpp"
#include "mote/simd/half.hpp"

namespace mote::inline v0 {

template <unsigned Bits, std::size_t Rows = 1>
struct affine {
  static_assert(Bits == 4 || Bits == 5);
  static_assert(Rows == 1 || Rows == 4 || Rows == 8 || Rows == 16);
  using code_fields = bit_fields<Bits, Rows>;

  static constexpr std::string_view name = Bits == 4 ? (Rows == 1   ? "q4a"
                                                        : Rows == 4 ? "q4ax4"
                                                        : Rows == 8 ? "q4ax8"
                                                                    : "q4ax16")
                                                     : (Rows == 1   ? "q5a"
                                                        : Rows == 4 ? "q5ax4"
                                                        : Rows == 8 ? "q5ax8"
                                                                    : "q5ax16");
  static constexpr unsigned bits = Bits;
  static constexpr std::size_t rows = Rows;
  static constexpr std::size_t group = 32;
  static constexpr std::size_t sub = 32;
  static constexpr std::size_t activation_group = 32;
  static constexpr bool quantized = true;
  static constexpr bool has_min = true;
  static constexpr double bits_per_weight = Bits + 1;
  template <std::size_t Other>
  using with_rows = affine<Bits, Other>;

  static constexpr std::size_t fields_per_block = 1;
  static constexpr std::size_t subs = 1;
  static constexpr std::size_t codes_at = Rows * 4;
  static constexpr std::size_t block_bytes = codes_at + code_fields::bytes;

  static constexpr std::size_t groups(std::size_t cols) { return ceil_div(cols, group); }
  static constexpr std::size_t tile_bytes(std::size_t cols) { return groups(cols) * block_bytes; }
  /// The packed size of a (rows, cols) matrix; rows are padded with zeros to a whole tile.
  static constexpr std::size_t bytes(std::size_t row_count, std::size_t cols) {
    return ceil_div(row_count, Rows) * tile_bytes(cols);
  }

  /// Writes the codes of one group of a row, and the binary16 bits of its scale and minimum.
  static void write_bits(std::byte* tile, std::size_t row, std::size_t g, std::uint16_t scale, std::uint16_t min,
                         const std::uint8_t* codes /* (group) */) {
    auto* b = reinterpret_cast<std::uint8_t*>(tile + g * block_bytes);
    __builtin_memcpy(b + row * 2, &scale, 2);
    __builtin_memcpy(b + (Rows + row) * 2, &min, 2);
    for (std::size_t i = 0; i < group; ++i) code_fields::put(b + codes_at, row, i, codes[i]);
  }
  static void read_bits(const std::byte* tile, std::size_t row, std::size_t g, std::uint16_t& scale, std::uint16_t& min,
                        std::uint8_t* codes /* (group) */) {
    const auto* b = reinterpret_cast<const std::uint8_t*>(tile + g * block_bytes);
    __builtin_memcpy(&scale, b + row * 2, 2);
    __builtin_memcpy(&min, b + (Rows + row) * 2, 2);
    for (std::size_t i = 0; i < group; ++i)
      codes[i] = static_cast<std::uint8_t>(code_fields::get(b + codes_at, row, i));
  }

  /// True if the tile's scales and minima are finite, scale * code within about 65504, minimum within 65504.
  static bool is_bounded(const std::byte* tile, std::size_t cols) {
    constexpr std::uint16_t most = simd::float_to_half(largest_weight / static_cast<float>((1U << Bits) - 1U));
    for (std::size_t g = 0; g < groups(cols); ++g, tile += block_bytes)
      if (!halves_within(tile, Rows, most) || !halves_within(tile + Rows * 2, Rows, 0x7BFFU)) return false;
    return true;
  }

  /// Rounds the rows of one tile: the codes of a group reach from its smallest weight to its largest, as in GGUF. The
  /// bytes of missing rows and the codes of missing columns are zero.
  static void encode_tile(const float* w /* (count, cols) */, std::size_t count, std::size_t cols, std::byte* tile) {
    constexpr auto last = static_cast<float>((1U << Bits) - 1U);
    for (std::size_t i = 0; i < tile_bytes(cols); ++i) tile[i] = std::byte{0};
    for (std::size_t g = 0; g < groups(cols); ++g)
      for (std::size_t row = 0; row < count; ++row) {
        const float* from = w + row * cols + g * group;
        const std::size_t width = cols - g * group < group ? cols - g * group : group;
        float low = from[0], high = from[0];
        for (std::size_t i = 0; i < width; ++i) {
          low = from[i] < low ? from[i] : low;
          high = from[i] > high ? from[i] : high;
        }
        const float scale = (high - low) / last;
        const float inverse = scale > 0.0F ? 1.0F / scale : 0.0F;
        std::uint8_t codes[group] = {};
        for (std::size_t i = 0; i < width; ++i) {
          const float place = (from[i] - low) * inverse + 0.5F;
          codes[i] = static_cast<std::uint8_t>(place < last ? place : last);
        }
        write_bits(tile, row, g, simd::to_binary16(scale), simd::to_binary16(low), codes);
      }
  }

  /// Decodes one row of a tile.
  static void decode_row(const std::byte* tile, std::size_t row, std::size_t cols, float* out /* (cols) */) {
    for (std::size_t g = 0; g < groups(cols); ++g) {
      std::uint16_t scale = 0, min = 0;
      std::uint8_t codes[group];
      read_bits(tile, row, g, scale, min, codes);
      const std::size_t width = cols - g * group < group ? cols - g * group : group;
      for (std::size_t i = 0; i < width; ++i)
        out[g * group + i] = simd::from_binary16(scale) * static_cast<float>(codes[i]) + simd::from_binary16(min);
    }
  }

  // The interface of kernel/super_block.hpp, as in qk. The kernel subtracts minima, so expand() gives them negated.

  template <class Unit>
  MOTE_INLINE static void expand(const std::byte* block, simd::floats<Rows> (&scale)[1], simd::floats<Rows> (&min)[1]) {
    const auto* halves = reinterpret_cast<const simd::half_bits*>(block);
    scale[0] = simd::load_signed_halves<Rows>(halves);
    min[0] = simd::floats<Rows>::all(-1.0F) * simd::load_signed_halves<Rows>(halves + Rows);
  }
  template <class Unit>
  static constexpr bool in_place = Unit::any_byte && Bits == 4;

  template <class Unit>
  MOTE_INLINE static void unpack(const std::byte* block, std::size_t, typename Unit::vector (&w)[8]) {
    code_fields::template unpack<Unit, 0, in_place<Unit>>(reinterpret_cast<const std::uint8_t*>(block) + codes_at, w);
  }
  /// As in group_scaled.
  template <class Unit>
    requires(Unit::takes_rows)
  static auto rows_of() {
    return typename Unit::template rows_of_codes<Bits, block_bytes>();
  }
  static constexpr int steps = 1;
  static constexpr int least = 0;

  template <class Unit, std::size_t>
  MOTE_INLINE static simd::ints<Rows> dot(const typename Unit::vector (&w)[8], const std::int8_t* x /* (group) */,
                                          std::int32_t) {
    const auto none = simd::ints<Rows>::all(0);
    if constexpr (in_place<Unit>) return code_fields::template dot_in_place<Unit>(none, w, x);
    else return Unit::template dot<(1U << Bits) - 1U>(none, w, x);
  }
  template <class Unit>
    requires(Unit::has_codes_dot_from_memory)
  MOTE_INLINE static void dots_from_memory(const std::byte* block, std::size_t, const std::int8_t* x /* (group) */,
                                           const std::int32_t (&)[1], simd::ints<Rows> (&sum)[1]) {
    const auto* p = reinterpret_cast<const std::uint8_t*>(block) + codes_at;
    sum[0] = Unit::template codes_dot_from_memory<Bits, 1>(0, p, x);
  }
};

template <std::size_t Rows = 1>
using q4a = affine<4, Rows>;
template <std::size_t Rows = 1>
using q5a = affine<5, Rows>;

}  // namespace mote::inline v0
