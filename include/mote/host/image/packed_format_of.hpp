// SPDX-License-Identifier: BSL-1.0
// packed_format_of<F>: the type of a format as a run-time value. It points to the format's own functions for one row,
// which all layouts share, and copies rows into tiles and out of them. F may be a format of your own.
// Refuses a format without a one-row form, with_rows<1>. It instantiates all functions of F, which takes compile time:
// code that names no format type includes packed_format.hpp instead.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <span>
#include <string_view>
#include <vector>

#include "mote/format/affine.hpp"
#include "mote/format/q8.hpp"
#include "mote/format/qk.hpp"
#include "mote/host/image/gguf_pack.hpp"
#include "mote/host/image/packed_format.hpp"
#include "mote/host/import/model_source.hpp"
#include "mote/host/quantize/quantization_grid.hpp"

namespace mote::inline v0::host {

namespace detail {

template <class Format>
constexpr std::string_view family_of = Format::template with_rows<1>::name;
template <unsigned Bits, std::size_t Super, std::size_t Rows>
constexpr std::string_view family_of<qk<Bits, Super, Rows>> = qk<Bits, Super, 1>::name.substr(0, 3);

/// One scale per group of columns, codes on a grid: all integer formats without a minimum, except those of two levels.
template <class Format>
concept has_codes = Format::quantized && requires { Format::scale_columns; };
/// One scale and one minimum per group.
template <class Format>
concept has_minimum = Format::quantized && requires { &Format::write_bits; };
/// Two levels: integer scales per group, times one unit per block.
template <class Format>
concept has_super_blocks = Format::quantized && requires { &Format::write_row; };

template <class Format>
constexpr bool is_q8 = false;
template <std::size_t Rows, std::size_t Group>
constexpr bool is_q8<q8<Rows, Group>> = true;

/// Copies the integers of the source into q8 groups, where a group has one source scale. Rounding the weights again
/// would lose more than rounding the scale from 32 to 16 bits does.
template <class Format>
void keep_integers(const stored_matrix& t, std::size_t first /* weight of the row */, std::size_t cols,
                   std::byte* row) {
  for (std::size_t g = 0; g < Format::groups(cols); ++g) {
    const std::size_t at = first + g * Format::group;
    const std::size_t width = (std::min)(cols - g * Format::group, Format::group);
    if (at / t.group != (at + width - 1) / t.group) continue;  // the group spans two scales of the source
    float scale = 0;
    std::memcpy(&scale, t.scales.data() + at / t.group * sizeof scale, sizeof scale);
    const auto stored = Format::to_scale(scale);
    const float kept = Format::from_scale(stored);
    if (!(scale > 0) || !(std::fabs(kept - scale) <= scale * 0x1p-11F)) continue;
    const auto integers = t.integers.subspan(at, width);
    if (std::find(integers.begin(), integers.end(), std::byte{0x80}) != integers.end()) continue;
    typename Format::block b;
    std::memcpy(&b, row + g * sizeof b, sizeof b);
    b.scale[0] = stored;
    for (std::size_t i = 0; i < width; ++i) b.quads[i / 4][0][i % 4] = static_cast<std::int8_t>(integers[i]);
    std::memcpy(row + g * sizeof b, &b, sizeof b);
  }
}

template <class Format>
void keep_source(const stored_matrix& from, std::size_t index, std::size_t cols, std::byte* row) {
  if constexpr (is_q8<Format>)
    if (from.group != 0) keep_integers<Format>(from, index * cols, cols, row);
  if (from.blocks) keep_blocks<Format>(*from.blocks, index, 1, cols, row);
}

/// Copies a row between tiles of one format with different numbers of rows.
template <class From, class To>
void move_row(const std::byte* from, std::size_t from_row, std::byte* to, std::size_t to_row, std::size_t cols) {
  if constexpr (has_super_blocks<From>) {
    for (std::size_t g = 0; g < From::groups(cols); ++g)
      To::write_row(to, to_row, g, From::read_row(from, from_row, g));
  } else if constexpr (has_minimum<From>) {
    std::uint16_t scale = 0, minimum = 0;
    std::uint8_t codes[From::group];
    for (std::size_t g = 0; g < From::groups(cols); ++g) {
      From::read_bits(from, from_row, g, scale, minimum, codes);
      To::write_bits(to, to_row, g, scale, minimum, codes);
    }
  } else if constexpr (From::quantized) {
    float scale = 0;
    std::uint8_t codes[From::group];
    for (std::size_t g = 0; g < From::groups(cols); ++g) {
      From::read_group(from, from_row, cols, g, scale, codes);
      To::write_group(to, to_row, cols, g, scale, codes);
    }
  } else if constexpr (requires { &From::read_bits; }) {
    for (std::size_t col = 0; col < cols; ++col) To::write_bits(to, to_row, col, From::read_bits(from, from_row, col));
  } else {
    for (std::size_t col = 0; col < cols; ++col)
      std::memcpy(to + (col * To::rows + to_row) * 4, from + (col * From::rows + from_row) * 4, 4);
  }
}
template <class Format>
void take_row(const std::byte* tile, std::size_t row, std::size_t cols, std::byte* alone) {
  move_row<Format, typename Format::template with_rows<1>>(tile, row, alone, 0, cols);
}
template <class Format>
void put_row(const std::byte* alone, std::byte* tile, std::size_t row, std::size_t cols) {
  move_row<typename Format::template with_rows<1>, Format>(alone, 0, tile, row, cols);
}

/// The grid of a super-block format with blocks of `super` columns.
template <unsigned Bits>
quantization_grid super_block_grid(std::string_view name, double bits_per_weight, std::size_t super) {
  using levels = qk_grid<Bits>;
  quantization_grid g;
  g.name = name;
  g.bits_per_weight = bits_per_weight;
  g.group = levels::sub;
  g.together = super / levels::sub;
  g.multiples = {.least = levels::has_min ? 0 : -levels::scale_offset,
                 .most = levels::largest_scale,
                 .most_minimum = levels::has_min ? levels::largest_scale : 0};
  g.levels = integers_from(-levels::offset, static_cast<int>(levels::codes) - 1 - levels::offset);
  g.codes = codes_in_order(g.levels.size());
  g.has_minimum = levels::has_min;
  g.stored = [](group_scale s) {
    if constexpr (levels::has_min)
      return group_scale{.scale = (std::max)(s.scale, 0.0F), .minimum = (std::min)(s.minimum, 0.0F)};
    else return group_scale{.scale = s.scale};
  };
  g.fit = [](const float* w, std::size_t n, group_scale* s) {
    const qk_row row = qk_fit<Bits>(w, n);
    const float d = simd::from_binary16(row.d), dmin = simd::from_binary16(row.dmin);
    for (std::size_t i = 0; i * levels::sub < n; ++i)
      s[i] = {.scale = d * levels::factor(row.scale[i]),
              .minimum = -(dmin * static_cast<float>(row.min[i])),
              .scale_unit = d,
              .minimum_unit = dmin};
  };
  return g;
}

/// A block of a row as the format stores it. Scales are exact multiples of their units: no division has a remainder.
template <unsigned Bits>
qk_row super_block_row(const group_scale* scales, const std::uint8_t* codes, std::size_t n) {
  using levels = qk_grid<Bits>;
  const auto multiple = [](float x, float unit) { return unit != 0 ? static_cast<int>(x / unit) : 0; };
  qk_row row;
  row.d = simd::to_binary16(scales[0].scale_unit);
  row.dmin = simd::to_binary16(scales[0].minimum_unit);
  std::fill_n(row.scale, std::size(row.scale), static_cast<std::uint8_t>(levels::scale_offset));
  std::fill_n(row.code, std::size(row.code), static_cast<std::uint8_t>(levels::offset));
  for (std::size_t i = 0; i * levels::sub < n; ++i) {
    row.scale[i] = static_cast<std::uint8_t>(multiple(scales[i].scale, scales[i].scale_unit) + levels::scale_offset);
    row.min[i] = static_cast<std::uint8_t>(multiple(-scales[i].minimum, scales[i].minimum_unit));
  }
  std::copy_n(codes, n, row.code);
  return row;
}

/// The grid of a format, with the format's own fit() and rounding of scales.
template <class Format>
quantization_grid grid_of() {
  if constexpr (has_super_blocks<Format>) {
    return super_block_grid<Format::bits>(Format::name, Format::bits_per_weight, Format::group);
  } else if constexpr (has_minimum<Format>) {
    quantization_grid g = asymmetric_grid(Format::bits, Format::group);
    g.name = family_of<Format>;
    return g;
  } else {
    using levels = typename Format::grid;
    quantization_grid g;
    g.name = family_of<Format>;
    g.bits_per_weight = Format::bits_per_weight;
    g.group = Format::scale_columns;
    for (unsigned code = is_q8<Format> ? 1 : 0; code < levels::codes; ++code) {  // without -128 in q8; values ascend
      g.levels.push_back(static_cast<float>(levels::value(code)));
      g.codes.push_back(static_cast<std::uint8_t>(code));
    }
    constexpr bool floats = Format::scale_columns == whole_row || Format::group == 64;
    g.stored = floats ? [](group_scale s) { return s; } : both_through_half;
    g.fit = [](const float* w, std::size_t n, group_scale* s) {
      std::vector<std::uint8_t> codes(n);
      *s = {.scale = levels::fit(w, n, codes.data())};
    };
    return g;
  }
}

template <class Format>
void put_codes(std::byte* row, std::size_t cols, const group_scale* scales, const std::uint8_t* codes) {
  for (std::size_t g = 0; g < Format::groups(cols); ++g) {
    const std::size_t first = g * Format::group;
    const std::size_t width = (std::min)(cols - first, Format::group);
    [[maybe_unused]] std::uint8_t padded_codes[Format::group];
    if constexpr (has_super_blocks<Format>) {
      Format::write_row(row, 0, g, super_block_row<Format::bits>(scales + g * Format::subs, codes + first, width));
    } else if constexpr (has_minimum<Format>) {
      std::fill_n(padded_codes, Format::group, std::uint8_t{0});
      std::copy_n(codes + first, width, padded_codes);
      Format::write_bits(row, 0, g, simd::to_binary16(scales[g].scale), simd::to_binary16(scales[g].minimum),
                         padded_codes);
    } else {
      std::fill_n(padded_codes, Format::group, static_cast<std::uint8_t>(Format::grid::zero));
      std::copy_n(codes + first, width, padded_codes);
      Format::write_group(row, 0, cols, g, scales[first / Format::scale_columns].scale, padded_codes);
    }
  }
}

template <class Format>
constexpr packed_format make_packed_format() {
  using alone = typename Format::template with_rows<1>;
  packed_format f{.name = Format::name,
                  .family = family_of<Format>,
                  .group = Format::group,
                  .rows = Format::rows,
                  .quantized = Format::quantized,
                  .bytes = &Format::bytes,
                  .tile_bytes = &Format::tile_bytes,
                  .is_bounded = &Format::is_bounded,
                  .row = {.bytes = &alone::tile_bytes,
                          .encode = &alone::encode_tile,
                          .decode = &alone::decode_row,
                          .keep = &keep_source<alone>},
                  .take_row = &take_row<Format>,
                  .put_row = &put_row<Format>};
  if constexpr (has_codes<Format> || has_minimum<Format> || has_super_blocks<Format>) {
    f.levels = &grid_of<alone>;
    f.row.put_codes = &put_codes<alone>;
  }
  return f;
}

}  // namespace detail

template <class Format>
inline constexpr packed_format packed_format_of = detail::make_packed_format<Format>();

}  // namespace mote::inline v0::host
