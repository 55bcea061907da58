// SPDX-License-Identifier: BSL-1.0
// Matrix times vector, y = W x: nearly all of the time of a generated token. One accumulator a row; columns (f32) or
// groups (integer formats) are added in index order, whatever the instruction set.
// Refuses to split a sum: threads and vectors go across rows.
#pragma once

#include <cstddef>

#include "mote/format/q8.hpp"
#include "mote/kernel/integer.hpp"
#include "mote/kernel/matrix.hpp"
#include "mote/kernel/matvec_float.hpp"
#include "mote/kernel/two_level.hpp"
#include "mote/simd/dot.hpp"

namespace mote::inline v0 {

namespace detail {

/// One tile of q8 where its rows have no body in simd/quads.hpp: simd::dot reads the weights where they lie.
template <class Isa, std::size_t Rows, std::size_t Group>
MOTE_INLINE void matvec_tile(const typename q8<Rows, Group>::block* b, std::size_t groups, const activation& a, float* y) {
  using floats = simd::floats<Rows>;
  floats sum = floats::all(0.0F);
  for (std::size_t g = 0; g < groups; ++g, ++b) {
    const auto dot = simd::dot<Rows, Group, Isa>(&b->quads[0][0][0], a.q + g * Group, a.sum[g]);
    sum = sum + (q8<Rows, Group>::scales(*b) * floats::all(a.scale[g])) * simd::to_float(dot);
  }
  sum.store(y);
}

}  // namespace detail

/// y (padded(rows)) = w (rows, cols) * a (cols)
template <class Isa = simd::native, integer_format Format>
void matvec(const matrix<Format>& w, const activation& a, float* y) {
  constexpr std::size_t together = Isa::value == isa::avx512 && Format::rows == 16 ? 2 : 1;  // 32 registers hold two
  const std::size_t tiles = ceil_div(w.rows, Format::rows);
  std::size_t tile = 0;
  for (; tile + together <= tiles; tile += together) detail::integer_tiles<Isa, Format, together, 1>(w, tile, &a, y, 0);
  for (; tile < tiles; ++tile) detail::integer_tiles<Isa, Format, 1, 1>(w, tile, &a, y, 0);
}

/// y (padded(rows)) = w (rows, cols) * a (cols)
template <class Isa = simd::native, std::size_t Rows, std::size_t Group>
  requires(!simd::quads<Isa, Rows>::own)
void matvec(const matrix<q8<Rows, Group>>& w, const activation& a, float* y) {
  using format = q8<Rows, Group>;
  const std::size_t groups = format::groups(w.cols);
  const std::size_t tiles = ceil_div(w.rows, Rows);
  const auto* b = reinterpret_cast<const typename format::block*>(w.data);
  for (std::size_t tile = 0; tile < tiles; ++tile, b += groups)
    detail::matvec_tile<Isa, Rows, Group>(b, groups, a, y + tile * Rows);
}

}  // namespace mote::inline v0
