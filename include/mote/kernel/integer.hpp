// SPDX-License-Identifier: BSL-1.0
// The inner kernel of matvec and matmul for integer formats: Tiles tiles of rows times Tokens activations. A block is
// unpacked once for all activations. The groups of a row are added in index order: neither number affects the result.
// Refuses to know any format: it asks for groups(), unpack(), dot() and scales(), or for partial sums of a whole row.
#pragma once

#include <cstddef>

#include "mote/kernel/matrix.hpp"
#include "mote/simd/dot.hpp"
#include "mote/simd/half.hpp"

namespace mote::inline v0 {

/// A format whose weights are integers, with one scale for a group of columns.
template <class Format>
concept group_scaled_format = Format::quantized && requires(const typename Format::block& b) {
  { Format::scales(b) };
  { Format::scale_columns };
};
/// A format whose weights are integers, with one scale for a row.
template <class Format>
concept row_scaled_format = Format::quantized && Format::scale_columns == whole_row;
/// A format of blocks that expand into a scale, and perhaps a minimum, for each sub-block (kernel/super_block.hpp).
template <class Format>
concept super_block_format = Format::quantized && requires {
  { Format::subs };
  { Format::fields_per_block };
};
template <class Format>
concept integer_format = group_scaled_format<Format> || row_scaled_format<Format> || super_block_format<Format>;

namespace detail {

/// True where an unpacked block would spill registers, so that weights are loaded again for each token.
template <class Format, class Unit>
concept multiplied_from_memory = requires(const typename Format::block& b, const std::int8_t* x) {
  Format::template dot_from_memory<Unit>(b, x, 0);
};

/// y[token][tile's rows] for Tiles tiles from `tile` on and Tokens activations. With one scale a row, integers are
/// summed to the end of the row.
template <class Isa, row_scaled_format Format, std::size_t Tiles, std::size_t Tokens>
MOTE_INLINE void integer_tiles(const matrix<Format>& w, std::size_t tile, const activation* a /* (Tokens) */,
                               float* y /* (Tokens, y_stride) */, std::size_t y_stride) {
  constexpr std::size_t rows = Format::rows;
  using floats = simd::floats<rows>;
  using unit = simd::dot4<Isa, rows>;
  const std::size_t groups = Format::groups(w.cols);
  const std::size_t step = Format::tile_bytes(w.cols);
  const std::byte* from = w.tile(tile);
  const auto* group = reinterpret_cast<const std::uint8_t*>(from + Format::header_bytes);
  typename Format::template partial<unit> sum[Tiles][Tokens];
#pragma GCC unroll 8
  for (std::size_t t = 0; t < Tiles; ++t)
#pragma GCC unroll 8
    for (std::size_t k = 0; k < Tokens; ++k) Format::template clear<unit>(sum[t][k]);
  for (std::size_t g = 0; g < groups; ++g, group += Format::group_bytes) {
#pragma GCC unroll 8
    for (std::size_t t = 0; t < Tiles; ++t) {
      typename unit::vector unpacked[Format::group / 4];
      simd::prefetch<unit, Format::group_bytes>(group + t * step);
      Format::template unpack<unit>(group + t * step, unpacked);
#pragma GCC unroll 8
      for (std::size_t k = 0; k < Tokens; ++k)
        Format::template add<unit>(sum[t][k], unpacked, a[k].q + g * Format::group);
    }
  }
#pragma GCC unroll 8
  for (std::size_t t = 0; t < Tiles; ++t)
#pragma GCC unroll 8
    for (std::size_t k = 0; k < Tokens; ++k) {
      const auto total = Format::template total<unit>(sum[t][k], a[k].sum[0]);
      const floats scale = Format::scales(from + t * step) * floats::all(a[k].scale[0]);
      (scale * simd::to_float(total)).store(y + k * y_stride + (tile + t) * rows);
    }
}

/// y[token][tile's rows] for Tiles tiles from `tile` on and Tokens activations.
template <class Isa, group_scaled_format Format, std::size_t Tiles, std::size_t Tokens>
MOTE_INLINE void integer_tiles(const matrix<Format>& w, std::size_t tile, const activation* a /* (Tokens) */,
                               float* y /* (Tokens, y_stride) */, std::size_t y_stride) {
  constexpr std::size_t rows = Format::rows;
  constexpr std::size_t group = Format::group;
  using floats = simd::floats<rows>;
  using unit = simd::dot4<Isa, rows>;
  using block = typename Format::block;
  const std::size_t groups = Format::groups(w.cols);
  const auto* b = reinterpret_cast<const block*>(w.tile(tile));
  floats sum[Tiles][Tokens];
#pragma GCC unroll 8
  for (std::size_t t = 0; t < Tiles; ++t)
#pragma GCC unroll 8
    for (std::size_t k = 0; k < Tokens; ++k) sum[t][k] = floats::all(0.0F);
  for (std::size_t g = 0; g < groups; ++g, ++b) {
#pragma GCC unroll 8
    for (std::size_t t = 0; t < Tiles; ++t) {
      const block& from = b[t * groups];
      simd::prefetch<unit, sizeof(block)>(&from);
      typename unit::vector unpacked[group / 4];
      floats scale;
      if constexpr (!multiplied_from_memory<Format, unit>) {
        Format::template unpack<unit>(from, unpacked);
        scale = Format::scales(from);
      }
      const auto add = [&](std::size_t k, simd::ints<rows> dot) __attribute__((always_inline)) {
        sum[t][k] = sum[t][k] + (scale * floats::all(a[k].scale[g])) * simd::to_float(dot);
      };
      if constexpr (simd::multiplies_several_tokens<unit> && Tokens % 2 == 0) {
        using several = typename unit::of_several_tokens;
        constexpr std::size_t together = several::most < Tokens ? several::most : Tokens;
        typename several::vector arranged[group / 4];
        several::from(unpacked, arranged);
#pragma GCC unroll 8
        for (std::size_t k = 0; k < Tokens; k += together) {
          simd::several_activations<together> x;
          simd::several_sums<together> x_sum;
#pragma GCC unroll 8
          for (std::size_t i = 0; i < together; ++i) {
            x.of[i] = a[k + i].q + g * group;
            x_sum.of[i] = a[k + i].sum[g];
          }
          const auto dots = Format::template dot<several>(arranged, x, x_sum);
#pragma GCC unroll 8
          for (std::size_t i = 0; i < together; ++i) add(k + i, dots.of[i]);
        }
      } else {
#pragma GCC unroll 8
        for (std::size_t k = 0; k < Tokens; ++k) {
          if constexpr (multiplied_from_memory<Format, unit>) {
            const auto dot = Format::template dot_from_memory<unit>(from, a[k].q + g * group, a[k].sum[g]);
            scale = Format::scales(from);  // after the products, which need its registers
            add(k, dot);
          } else {
            add(k, Format::template dot<unit>(unpacked, a[k].q + g * group, a[k].sum[g]));
          }
        }
      }
    }
  }
#pragma GCC unroll 8
  for (std::size_t t = 0; t < Tiles; ++t)
#pragma GCC unroll 8
    for (std::size_t k = 0; k < Tokens; ++k) sum[t][k].store(y + k * y_stride + (tile + t) * rows);
}

}  // namespace detail

}  // namespace mote::inline v0
