// SPDX-License-Identifier: BSL-1.0
// Weights in super-blocks: Super columns of a row share a scale (and a minimum) in binary16, and every 16 or 32 of
// them have a small integer that multiplies it. GGUF's Q2_K to Q6_K have Super = 256; here super_of() chooses it for a
// row.
//
//   one block: Rows rows x Super columns
//   | d row 0 | .. | d row Rows-1 |          binary16 each
//   | dmin row 0 | .. | dmin row Rows-1 |    binary16 each; Bits 2, 4 and 5 only
//   | scales, then minima: in quads of four sub-blocks, Rows * 4 bytes a quad of whole bytes; quad f lies in
//   |   bytes (Bits 6)         vector f
//   |   nibbles (the others)   vector f / 2, bits 4 * (f % 2) on; then
//   |   pairs (Bits 3, 4, 5)   vector f / 4, bits 2 * (f % 4) on: bits 4-5
//   | fields of 32 columns (format/bit_fields.hpp) | the next 32 | ..
//
//   Bits                    2       3       4       5       6
//   bits a weight, 256      2.625   3.4375  4.5     5.5     6.5625    GGUF's
//   bits a weight, 192      2.667   3.583   4.667   5.667   6.583
//   RMS error, Gaussian     26 %    14 %    7.0 %   3.5 %   1.7 %     (tests/format/qk.cpp)
//
// qk_grid has the formula of a weight. Rows of any width: codes of the last block that are past the row do not count.
// Refuses a block of other than 32 to 256 columns in steps of 32.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

#include "mote/core/bytes.hpp"
#include "mote/core/finite.hpp"
#include "mote/format/bit_fields.hpp"
#include "mote/format/qk_fit.hpp"
#include "mote/simd/half.hpp"

namespace mote::inline v0 {

template <unsigned Bits, std::size_t Super = 256, std::size_t Rows = 1>
struct qk {
  static_assert(Super >= 32 && Super <= 256 && Super % 32 == 0);
  static_assert(Rows == 1 || Rows == 4 || Rows == 8 || Rows == 16);
  using grid = qk_grid<Bits>;
  using code_fields = bit_fields<Bits, Rows>;

  static constexpr unsigned bits = Bits;
  static constexpr std::size_t rows = Rows;
  static constexpr std::size_t group = Super;
  static constexpr std::size_t sub = grid::sub;               // columns of a row that share a scale
  static constexpr std::size_t activation_group = grid::sub;  // and of an activation
  static constexpr bool quantized = true;
  static constexpr bool has_min = grid::has_min;
  template <std::size_t Other>
  using with_rows = qk<Bits, Super, Other>;

  static constexpr std::size_t fields_per_block = Super / 32;
  static constexpr std::size_t subs = Super / sub;
  static constexpr std::size_t vector_bytes = Rows * 4;
  static constexpr std::size_t scale_quads = ceil_div(subs, 4);
  static constexpr std::size_t fields = scale_quads * (has_min ? 2 : 1);
  static constexpr std::size_t whole_vectors = Bits == 6 ? fields : ceil_div(fields, 2);  // of bytes, or of nibbles
  static constexpr std::size_t pair_vectors = grid::scale_bits == 6 ? ceil_div(fields, 4) : 0;

  static constexpr std::size_t scales_at = Rows * (has_min ? 4 : 2);
  static constexpr std::size_t pairs_at = scales_at + whole_vectors * vector_bytes;
  static constexpr std::size_t codes_at = pairs_at + pair_vectors * vector_bytes;
  static constexpr std::size_t block_bytes = codes_at + fields_per_block * code_fields::bytes;
  static_assert(Super != 256 || block_bytes == Rows * (Bits == 2   ? 84
                                                       : Bits == 3 ? 110
                                                       : Bits == 4 ? 144
                                                       : Bits == 5 ? 176
                                                                   : 210));
  static constexpr double bits_per_weight = 8.0 * static_cast<double>(block_bytes) / static_cast<double>(Super * Rows);

  static constexpr std::size_t groups(std::size_t cols) { return ceil_div(cols, Super); }
  static constexpr std::size_t tile_bytes(std::size_t cols) { return groups(cols) * block_bytes; }
  /// The packed size of a (rows, cols) matrix; rows are padded with zeros to a whole tile.
  static constexpr std::size_t bytes(std::size_t row_count, std::size_t cols) {
    return ceil_div(row_count, Rows) * tile_bytes(cols);
  }

 private:
  static constexpr std::size_t name_digits = (Super >= 100 ? 3 : 2) + (Rows == 1 ? 0 : Rows == 16 ? 3 : 2);
  static constexpr auto spelled = [] {
    std::array<char, 3 + name_digits> s{'q', static_cast<char>('0' + Bits), 'k'};
    std::size_t at = 3;
    const auto number = [&](std::size_t n) {
      if (n >= 100) s[at++] = static_cast<char>('0' + n / 100);
      if (n >= 10) s[at++] = static_cast<char>('0' + n / 10 % 10);
      s[at++] = static_cast<char>('0' + n % 10);
    };
    number(Super);
    if (Rows > 1) {
      s[at++] = 'x';
      number(Rows);
    }
    return s;
  }();

 public:
  /// q4k256, q4k192x16 and so on.
  static constexpr std::string_view name{spelled.data(), spelled.size()};

  /// Reads all numbers stored for one row of block g; write_row() writes them. Nothing is rounded.
  static qk_row read_row(const std::byte* tile, std::size_t row, std::size_t g) {
    const auto* b = reinterpret_cast<const std::uint8_t*>(tile + g * block_bytes);
    qk_row out;
    __builtin_memcpy(&out.d, b + row * 2, 2);
    if constexpr (has_min) __builtin_memcpy(&out.dmin, b + (Rows + row) * 2, 2);
    for (std::size_t s = 0; s < 16; ++s) out.scale[s] = static_cast<std::uint8_t>(grid::scale_offset);
    for (auto& code : out.code) code = static_cast<std::uint8_t>(grid::offset);
    for (std::size_t s = 0; s < subs; ++s) {
      out.scale[s] = get_scale(b, row, s / 4, s % 4);
      if constexpr (has_min) out.min[s] = get_scale(b, row, scale_quads + s / 4, s % 4);
    }
    for (std::size_t i = 0; i < Super; ++i)
      out.code[i] =
          static_cast<std::uint8_t>(code_fields::get(b + codes_at + i / 32 * code_fields::bytes, row, i % 32));
    return out;
  }
  static void write_row(std::byte* tile, std::size_t row, std::size_t g, const qk_row& in) {
    auto* b = reinterpret_cast<std::uint8_t*>(tile + g * block_bytes);
    __builtin_memcpy(b + row * 2, &in.d, 2);
    if constexpr (has_min) __builtin_memcpy(b + (Rows + row) * 2, &in.dmin, 2);
    for (std::size_t s = 0; s < scale_quads * 4; ++s) {  // also the last quad's unused ones
      put_scale(b, row, s / 4, s % 4, s < subs ? in.scale[s] : static_cast<std::uint8_t>(grid::scale_offset));
      if constexpr (has_min) put_scale(b, row, scale_quads + s / 4, s % 4, s < subs ? in.min[s] : std::uint8_t{0});
    }
    for (std::size_t i = 0; i < Super; ++i)
      code_fields::put(b + codes_at + i / 32 * code_fields::bytes, row, i % 32, in.code[i]);
  }

  /// True if d and dmin are finite, and d * scale * code and dmin * minimum within about 65504; attach() asks.
  static bool is_bounded(const std::byte* tile, std::size_t cols) {
    constexpr float scale = has_min ? grid::largest_scale : grid::largest_scale + 1;
    constexpr float code = has_min ? grid::codes - 1 : grid::codes / 2;
    constexpr std::uint16_t most = simd::float_to_half(largest_weight / (scale * code));
    constexpr std::uint16_t most_min = simd::float_to_half(largest_weight / scale);
    for (std::size_t g = 0; g < groups(cols); ++g, tile += block_bytes) {
      if (!halves_within(tile, Rows, most)) return false;
      if constexpr (has_min)
        if (!halves_within(tile + Rows * 2, Rows, most_min)) return false;
    }
    return true;
  }

  /// Rounds the rows of one tile (format/qk_fit.hpp). Missing rows are zero; codes of missing columns do not count.
  static void encode_tile(const float* w /* (count, cols) */, std::size_t count, std::size_t cols, std::byte* tile) {
    for (std::size_t i = 0; i < tile_bytes(cols); ++i) tile[i] = std::byte{0};
    for (std::size_t g = 0; g < groups(cols); ++g)
      for (std::size_t row = 0; row < Rows; ++row) {
        const std::size_t width = cols - g * Super < Super ? cols - g * Super : Super;
        write_row(tile, row, g, qk_fit<Bits>(w + row * cols + g * Super, row < count ? width : 0));
      }
  }

  /// Decodes one row of a tile, each weight as GGUF's readers compute it.
  static void decode_row(const std::byte* tile, std::size_t row, std::size_t cols, float* out /* (cols) */) {
    for (std::size_t g = 0; g < groups(cols); ++g) {
      const qk_row r = read_row(tile, row, g);
      const float d = simd::from_binary16(r.d), dmin = simd::from_binary16(r.dmin);
      const std::size_t width = cols - g * Super < Super ? cols - g * Super : Super;
      for (std::size_t i = 0; i < width; ++i)
        out[g * Super + i] = grid::weight(d, r.scale[i / sub], r.code[i], dmin, r.min[i / sub]);
    }
  }

  // The interface of kernel/super_block.hpp: scales and minima of a block as floats, codes of 32 columns, dot products.

  /// d * scale and dmin * minimum of each sub-block: exact, since 11 bits times 8 fit a float.
  template <class Unit>
  MOTE_INLINE static void expand(const std::byte* block, simd::floats<Rows> (&scale)[subs],
                                 simd::floats<Rows> (&min)[subs]) {
    using floats = simd::floats<Rows>;
    const auto* b = reinterpret_cast<const std::uint8_t*>(block);
    const floats d = simd::load_signed_halves<Rows>(reinterpret_cast<const simd::half_bits*>(b));
    [[maybe_unused]] floats dmin{};
    if constexpr (has_min)
      dmin = simd::load_signed_halves<Rows>(reinterpret_cast<const simd::half_bits*>(b + Rows * 2));
    typename Unit::vector v[fields];
    fields_of<Unit>(b, v, std::make_index_sequence<fields>{});
#pragma GCC unroll 16
    for (std::size_t s = 0; s < subs; ++s) {
      scale[s] = d * simd::to_float(lane_of<Unit>(v[s / 4], s % 4));
      if constexpr (has_min) min[s] = dmin * simd::to_float(lane_of<Unit>(v[scale_quads + s / 4], s % 4));
    }
  }

  /// As in group_scaled: upper nibbles are multiplied where they are in a byte.
  template <class Unit>
  static constexpr bool in_place = Unit::any_byte && Bits == 4;

  template <class Unit>
  MOTE_INLINE static void unpack(const std::byte* block, std::size_t part, typename Unit::vector (&w)[8]) {
    code_fields::template unpack<Unit, 0, in_place<Unit>>(
        reinterpret_cast<const std::uint8_t*>(block) + codes_at + part * code_fields::bytes, w);
  }
  /// The instruction set's kernel for several row-major rows, if it has one. It multiplies codes; the dot product is
  /// that plus least * the sum of x.
  template <class Unit>
    requires(Unit::takes_rows)
  static auto rows_of() {
    return typename Unit::template rows_of_codes<Bits, code_fields::bytes>();
  }
  static constexpr int least = -grid::offset;
  /// Loads the integers of the sub-blocks, scales, then minima, a quad in each vector. b: the address of a block, or of
  /// the blocks of several rows.
  template <class Unit, class Place>
  MOTE_INLINE static void small_integers(Place b, typename Unit::vector (&v)[fields]) {
    fields_of<Unit>(b, v, std::make_index_sequence<fields>{});
  }
  static constexpr bool signed_scales = Bits == 6;
  static constexpr int least_scale = Bits == 3 ? -32 : 0;

  /// The products of sub-block `Sub` of 32 unpacked columns with an activation.
  template <class Unit, std::size_t Sub>
  MOTE_INLINE static simd::ints<Rows> dot(const typename Unit::vector (&w)[8], const std::int8_t* x /* (sub) */,
                                          [[maybe_unused]] std::int32_t x_sum) {
    const auto from = simd::ints<Rows>::all(-grid::offset * x_sum);
    if constexpr (in_place<Unit>) {
      return code_fields::template dot_in_place<Unit>(from, w, x);
    } else if constexpr (sub == 32) {
      return Unit::template dot<grid::codes - 1>(from, w, x);
    } else {
      const typename Unit::vector half[4] = {w[Sub * 4], w[Sub * 4 + 1], w[Sub * 4 + 2], w[Sub * 4 + 3]};
      return Unit::template dot<grid::codes - 1>(from, half, x);
    }
  }
  /// The same for each sub-block of 32 columns, for instruction sets that multiply codes from memory.
  template <class Unit>
    requires(Unit::has_codes_dot_from_memory)
  MOTE_INLINE static void dots_from_memory(const std::byte* block, std::size_t part, const std::int8_t* x /* (32) */,
                                           const std::int32_t (&x_sum)[32 / sub], simd::ints<Rows> (&sum)[32 / sub]) {
    const auto* p = reinterpret_cast<const std::uint8_t*>(block) + codes_at + part * code_fields::bytes;
    if constexpr (sub == 32) {
      sum[0] = Unit::template codes_dot_from_memory<Bits, 1>(-grid::offset * x_sum[0], p, x);
    } else {
      Unit::template halves_dot_from_memory<Bits>({-grid::offset * x_sum[0], -grid::offset * x_sum[1]}, p, x, sum);
    }
  }

 private:
  static std::uint8_t get_scale(const std::uint8_t* b, std::size_t row, std::size_t f, std::size_t lane) {
    const std::size_t at = row * 4 + lane;
    if constexpr (Bits == 6) return b[scales_at + f * vector_bytes + at] ^ 0x80U;
    unsigned v = (b[scales_at + f / 2 * vector_bytes + at] >> (f % 2 * 4)) & 15U;
    if constexpr (pair_vectors != 0) v |= ((b[pairs_at + f / 4 * vector_bytes + at] >> (f % 4 * 2)) & 3U) << 4U;
    return static_cast<std::uint8_t>(v);
  }
  static void put_scale(std::uint8_t* b, std::size_t row, std::size_t f, std::size_t lane, std::uint8_t v) {
    const std::size_t at = row * 4 + lane;
    const auto put = [](std::uint8_t& byte, std::size_t shift, unsigned mask, unsigned bits_in) {
      byte = static_cast<std::uint8_t>((byte & ~(mask << shift)) | (bits_in & mask) << shift);
    };
    if constexpr (Bits == 6) {
      b[scales_at + f * vector_bytes + at] = v ^ 0x80U;
    } else {
      put(b[scales_at + f / 2 * vector_bytes + at], f % 2 * 4, 15, v);
      if constexpr (pair_vectors != 0) put(b[pairs_at + f / 4 * vector_bytes + at], f % 4 * 2, 3, v >> 4U);
    }
  }

  // Place: the address of a block, or of the blocks of several rows.
  template <class Unit, class Place, std::size_t... F>
  MOTE_INLINE static void fields_of(Place b, typename Unit::vector (&v)[fields], std::index_sequence<F...>) {
    (field_of<Unit, Place, F>(b, v[F]), ...);
  }
  template <class Unit, class Place, std::size_t F>
  MOTE_INLINE static void field_of(Place b, typename Unit::vector& v) {
    if constexpr (Bits == 6) {
      v = Unit::from_signed(Unit::load(b + scales_at + F * vector_bytes));
    } else {
      v = Unit::template field<F % 2 * 4, 4, 0>(Unit::load(b + scales_at + F / 2 * vector_bytes));
      if constexpr (pair_vectors != 0)
        v = Unit::template merge<F % 4 * 2, 2, 4>(v, Unit::load(b + pairs_at + F / 4 * vector_bytes));
    }
  }

  /// Extracts one of the four small integers of each row as a dot product with a one and three zeros, so that no
  /// instruction set needs another operation.
  template <class Unit>
  MOTE_INLINE static simd::ints<Rows> lane_of(const typename Unit::vector& v, std::size_t lane) {
    static constexpr std::int8_t one[4][4] = {{1, 0, 0, 0}, {0, 1, 0, 0}, {0, 0, 1, 0}, {0, 0, 0, 1}};
    const typename Unit::vector alone[1] = {v};
    if constexpr (signed_scales) return Unit::signed_dot(simd::ints<Rows>::all(0), alone, one[lane], 1);
    else return Unit::template dot<63>(simd::ints<Rows>::all(least_scale), alone, one[lane]);
  }
};

/// The Super with which a row of `cols` takes the fewest bytes; the largest of equals. 576, 960 and 172 columns have
/// 192, 896 has 224, multiples of 256 have 256.
template <unsigned Bits>
constexpr std::size_t super_of(std::size_t cols) {
  std::size_t best = 256, least = qk<Bits, 256>::tile_bytes(cols);
  const auto consider = [&]<std::size_t Super>() {
    if (qk<Bits, Super>::tile_bytes(cols) >= least) return;
    best = Super;
    least = qk<Bits, Super>::tile_bytes(cols);
  };
  [&]<std::size_t... Index>(std::index_sequence<Index...>) {
    (consider.template operator()<224 - 32 * Index>(), ...);
  }(std::make_index_sequence<7>{});
  return best;
}

/// The super-block format for rows of Cols columns.
template <unsigned Bits, std::size_t Cols, std::size_t Rows = 1>
using qk_for = qk<Bits, super_of<Bits>(Cols), Rows>;

}  // namespace mote::inline v0
