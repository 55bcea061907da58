// SPDX-License-Identifier: BSL-1.0
// The inner kernel of matvec and matmul for formats whose scales are themselves integers, or that have minima: qk and
// affine. A row has one accumulator; its sub-blocks are added in index order: first + (scale * activation's scale) *
// exact integer, then - minimum * (activation's scale * activation's sum).
// Refuses activations with one scale for a whole block: one outlier would cost all of 256 columns their precision. A
// scale for each sub-block (32 columns, the activations of q8 and q4; 16 where sub-blocks are 16) costs about one
// instruction in ten.
#pragma once

#include <cstddef>

#include "mote/kernel/integer.hpp"

namespace mote::inline v0 {

namespace detail {

/// True where 32 unpacked columns would spill registers, so that codes are loaded again for each token.
template <class Format, class Unit>
concept multiplied_from_memory_by_subs =
    requires(const std::byte* b, const std::int8_t* x, const std::int32_t (&x_sum)[32 / Format::sub],
             simd::ints<Format::rows> (&dot)[32 / Format::sub]) {
      Format::template dots_from_memory<Unit>(b, std::size_t{0}, x, x_sum, dot);
    };

/// y[token][tile's rows] for Tiles tiles from `tile` on and Tokens activations.
template <class Isa, super_block_format Format, std::size_t Tiles, std::size_t Tokens>
MOTE_INLINE void integer_tiles(const matrix<Format>& w, std::size_t tile, const activation* a /* (Tokens) */,
                               float* y /* (Tokens, y_stride) */, std::size_t y_stride) {
  constexpr std::size_t rows = Format::rows;
  constexpr std::size_t sub = Format::sub;
  constexpr std::size_t parts = 32 / sub;  // sub-blocks of 32 columns
  constexpr std::size_t bytes = Format::block_bytes;
  constexpr std::size_t share = ceil_div(bytes, Format::fields_per_block);
  using floats = simd::floats<rows>;
  using unit = simd::dot4<Isa, rows>;
  const std::size_t step = Format::tile_bytes(w.cols);
  const std::size_t all = ceil_div(w.cols, sub);  // sub-blocks of an activation; the last block may have more
  const std::byte* b = w.tile(tile);
  floats sum[Tiles][Tokens];
#pragma GCC unroll 8
  for (std::size_t t = 0; t < Tiles; ++t)
#pragma GCC unroll 8
    for (std::size_t k = 0; k < Tokens; ++k) sum[t][k] = floats::all(0.0F);
  for (std::size_t first = 0; first < all; first += Format::subs, b += bytes) {
    floats scale[Tiles][Format::subs];
    floats min[Tiles][Format::subs];
#pragma GCC unroll 8
    for (std::size_t t = 0; t < Tiles; ++t) Format::template expand<unit>(b + t * step, scale[t], min[t]);
    for (std::size_t part = 0; part < Format::fields_per_block && first + part * parts < all; ++part) {
      const std::size_t s = part * parts;
#pragma GCC unroll 8
      for (std::size_t t = 0; t < Tiles; ++t) {
        simd::prefetch<unit, share>(b + t * step + part * share);
        const auto take = [&]<std::size_t Sub>(std::size_t k, simd::ints<rows> dot) __attribute__((always_inline)) {
          const std::size_t at = first + s + Sub;
          sum[t][k] = sum[t][k] + (scale[t][s + Sub] * floats::all(a[k].scale[at])) * simd::to_float(dot);
          if constexpr (Format::has_min)
            sum[t][k] = sum[t][k] - min[t][s + Sub] * floats::all(a[k].scale[at] * static_cast<float>(a[k].sum[at]));
        };
        if constexpr (multiplied_from_memory_by_subs<Format, unit>) {
          const std::size_t at = first + s;
          const bool whole = at + parts <= all;
#pragma GCC unroll 8
          for (std::size_t k = 0; k < Tokens; ++k) {
            simd::ints<rows> dot[parts];
            std::int32_t x_sum[parts] = {a[k].sum[at]};
            const std::int8_t* x = a[k].q + at * sub;
            [[maybe_unused]] std::int8_t alone[32];
            if constexpr (parts == 2) {
              if (whole) {
                x_sum[1] = a[k].sum[at + 1];
              } else {  // the activation ends with this sub-block
                __builtin_memset(alone, 0, sizeof alone);
                __builtin_memcpy(alone, x, sub);
                x = alone;
              }
            }
            Format::template dots_from_memory<unit>(b + t * step, part, x, x_sum, dot);
            take.template operator()<0>(k, dot[0]);
            if constexpr (parts == 2)
              if (whole) take.template operator()<1>(k, dot[1]);
          }
        } else {
          typename unit::vector unpacked[8];
          Format::template unpack<unit>(b + t * step, part, unpacked);
          const auto add = [&]<std::size_t Sub>() __attribute__((always_inline)) {
            const std::size_t at = first + s + Sub;
#pragma GCC unroll 8
            for (std::size_t k = 0; k < Tokens; ++k)
              take.template operator()<Sub>(k,
                                            Format::template dot<unit, Sub>(unpacked, a[k].q + at * sub, a[k].sum[at]));
          };
          add.template operator()<0>();
          if constexpr (parts == 2)
            if (first + s + 1 < all) add.template operator()<1>();
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
