// SPDX-License-Identifier: BSL-1.0
// Matrix times vector, y = W x: nearly all of the time of a generated token. One accumulator a row; columns (f32) or
// groups (integer formats) are added in index order, whatever the instruction set.
// Refuses to split a sum: threads and vectors go across rows.
#pragma once

#include <cstddef>

#include "mote/format/f32.hpp"
#include "mote/format/q8.hpp"
#include "mote/kernel/matrix.hpp"
#include "mote/simd/dot.hpp"

namespace mote::inline v0 {

namespace detail {

/// Tiles tiles at once: they share each load of an activation, and while one waits for its sum another multiplies.
template <class Isa, std::size_t Tiles, std::size_t Rows, std::size_t Group>
MOTE_INLINE void matvec_tiles(const typename q8<Rows, Group>::block* b, std::size_t groups, const activation& a,
                              float* y) {
  using floats = simd::floats<Rows>;
  floats sum[Tiles];
  for (auto& s : sum) s = floats::all(0.0F);
  for (std::size_t g = 0; g < groups; ++g, ++b) {
#pragma GCC unroll 4
    for (std::size_t tile = 0; tile < Tiles; ++tile) {
      const auto& block = b[tile * groups];
      const auto dot = simd::dot<Rows, Group, Isa>(&block.quads[0][0][0], a.q + g * Group, a.sum[g]);
      floats scale;
      if constexpr (q8<Rows, Group>::wide) scale = floats::load(block.scale);
      else scale = simd::load_halves<Rows>(block.scale);
      sum[tile] = sum[tile] + (scale * floats::all(a.scale[g])) * simd::to_float(dot);
    }
  }
  for (std::size_t tile = 0; tile < Tiles; ++tile) sum[tile].store(y + tile * Rows);
}

}  // namespace detail

/// y (padded(rows)) = w (rows, cols) * a (cols)
template <class Isa = simd::native, std::size_t Rows, std::size_t Group>
void matvec(const matrix<q8<Rows, Group>>& w, const activation& a, float* y) {
  using format = q8<Rows, Group>;
  constexpr std::size_t together = Isa::value == isa::avx512 && Rows == 16 ? 2 : 1;  // 32 registers hold two
  const std::size_t groups = format::groups(w.cols);
  const std::size_t tiles = ceil_div(w.rows, Rows);
  const auto* b = reinterpret_cast<const typename format::block*>(w.data);
  std::size_t tile = 0;
  for (; tile + together <= tiles; tile += together, b += together * groups)
    detail::matvec_tiles<Isa, together, Rows, Group>(b, groups, a, y + tile * Rows);
  for (; tile < tiles; ++tile, b += groups) detail::matvec_tiles<Isa, 1, Rows, Group>(b, groups, a, y + tile * Rows);
}

/// y (padded(rows)) = w (rows, cols) * a (cols)
template <class Isa = simd::native, std::size_t Rows>
void matvec(const matrix<f32<Rows>>& w, const activation& a, float* y) {
  using floats = simd::floats<Rows>;
  constexpr std::size_t chains = 4;  // tiles at once: the additions of one row wait for each other, those of four do not
  const std::size_t tiles = ceil_div(w.rows, Rows);
  const auto* data = reinterpret_cast<const float*>(w.data);
  const std::size_t step = w.cols * Rows;
  std::size_t tile = 0;
  for (; tile + chains <= tiles; tile += chains) {
    const float* from = data + tile * step;
    floats sum[chains];
    for (auto& s : sum) s = floats::all(0.0F);
    for (std::size_t col = 0; col < w.cols; ++col) {
      const auto x = floats::all(a.x[col]);
#pragma GCC unroll 4
      for (std::size_t c = 0; c < chains; ++c) sum[c] = sum[c] + floats::load(from + c * step + col * Rows) * x;
    }
    for (std::size_t c = 0; c < chains; ++c) sum[c].store(y + (tile + c) * Rows);
  }
  for (; tile < tiles; ++tile) {
    const float* from = data + tile * step;
    floats sum = floats::all(0.0F);
    for (std::size_t col = 0; col < w.cols; ++col)
      sum = sum + floats::load(from + col * Rows) * floats::all(a.x[col]);
    sum.store(y + tile * Rows);
  }
}

}  // namespace mote::inline v0
