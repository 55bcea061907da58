// SPDX-License-Identifier: BSL-1.0
// Matrix times vector, y = W x, which takes nearly all of the time of a generated token. One accumulator a row; columns
// (float formats) or groups (integer formats) are added in index order on every instruction set.
// Refuses to split a sum: threads and vectors go across rows.
#pragma once

#include <cstddef>

#include "mote/format/q8.hpp"
#include "mote/kernel/integer.hpp"
#include "mote/kernel/matrix.hpp"
#include "mote/kernel/matvec_float.hpp"
#include "mote/kernel/super_block.hpp"
#include "mote/simd/dot.hpp"

namespace mote::inline v0 {

namespace detail {

/// One tile of q8 where dot4 has no kernel of Rows rows (dot4::own is false): simd::dot reads the weights from memory.
template <class Isa, std::size_t Rows, std::size_t Group>
MOTE_INLINE void matvec_tile(const typename q8<Rows, Group>::block* b, std::size_t groups, const activation& a,
                             float* y) {
  using floats = simd::floats<Rows>;
  floats sum = floats::all(0.0F);
  for (std::size_t g = 0; g < groups; ++g, ++b) {
    const auto dot = simd::dot<Rows, Group, Isa>(&b->quads[0][0][0], a.q + g * Group, a.sum[g]);
    sum = sum + (q8<Rows, Group>::scales(*b) * floats::all(a.scale[g])) * simd::to_float(dot);
  }
  sum.store(y);
}

/// Row-major q8, where the instruction set multiplies several rows at once, which share one rearrangement of x.
template <class Isa, std::size_t Rows>
concept takes_rows = Rows == 1 && requires { requires simd::dot4<Isa, Rows>::rows_together > 1; };
/// Row-major q8, where the instruction set has a kernel in guarded vectors of floats (simd/arch/guard.hpp).
template <class Isa, std::size_t Rows>
concept takes_rows_guarded = Rows == 1 && requires { requires simd::dot4<Isa, Rows>::guards_rows; };
/// Any other row-major integer format, where the instruction set multiplies several rows at once.
template <class Isa, class Format>
concept has_row_major_kernel = Format::rows == 1 && (row_scaled_format<Format> || requires { Format::least; }) &&
                               requires { requires simd::dot4<Isa, 1>::takes_rows; };

/// y (rows_together) += the products of rows_together rows, `stride` bytes apart, with the groups of x whose scales are
/// [scales, end); written instead of added if First. *b is the first row's first block; pairs is what spread() gave.
template <class Unit, std::size_t Group, bool First>
MOTE_NOINLINE void add_rows(const typename q8<1, Group>::block* b, std::size_t stride, const std::int32_t* pairs,
                            const float* scales, const float* end, float* y) {
  using floats = simd::floats<1>;
  using block = typename q8<1, Group>::block;
  const auto* w = reinterpret_cast<const std::uint8_t*>(b);
  floats sum[Unit::rows_together];
#pragma GCC unroll 4
  for (std::size_t row = 0; row < Unit::rows_together; ++row)
    sum[row] = First ? floats::all(0.0F) : floats::load(y + row);
  do {
    std::int32_t dot[Unit::rows_together];
    w += offsetof(block, quads);
    Unit::template rows_dot<Group>(w, stride, pairs, dot);
    const auto scale = floats::load(scales++);
    const std::uint8_t* from = Unit::plain_address(w - sizeof(block));
#pragma GCC unroll 4
    for (std::size_t row = 0; row < Unit::rows_together; ++row)
      sum[row] = sum[row] + (q8<1, Group>::scales(*reinterpret_cast<const block*>(from + row * stride)) * scale) *
                                simd::to_float(simd::ints<1>::all(dot[row]));
  } while (scales != end);
#pragma GCC unroll 4
  for (std::size_t row = 0; row < Unit::rows_together; ++row) sum[row].store(y + row);
}

}  // namespace detail

/// y (padded(rows)) = w (rows, cols) * a (cols)
template <class Isa = simd::native, integer_format Format>
void matvec(const matrix<Format>& w, const activation& a, float* y) {
  // One tile at a time is one stream of reads: some machines read two streams at little more than half the rate of one.
  const std::size_t tiles = ceil_div(w.rows, Format::rows);
  for (std::size_t tile = 0; tile < tiles; ++tile) detail::integer_tiles<Isa, Format, 1, 1>(w, tile, &a, y, 0);
}

/// y (padded(rows)) = w (rows, cols) * a (cols)
template <class Isa = simd::native, std::size_t Rows, std::size_t Group>
  requires(!simd::dot4<Isa, Rows>::own)
void matvec(const matrix<q8<Rows, Group>>& w, const activation& a, float* y) {
  using format = q8<Rows, Group>;
  const std::size_t groups = format::groups(w.cols);
  const std::size_t tiles = ceil_div(w.rows, Rows);
  const auto* b = reinterpret_cast<const typename format::block*>(w.data);
  for (std::size_t tile = 0; tile < tiles; ++tile, b += groups)
    detail::matvec_tile<Isa, Rows, Group>(b, groups, a, y + tile * Rows);
}

/// y (padded(rows)) = w (rows, cols) * a (cols)
template <class Isa = simd::native, std::size_t Rows, std::size_t Group>
  requires detail::takes_rows<Isa, Rows>
void matvec(const matrix<q8<Rows, Group>>& w, const activation& a, float* y) {
  using format = q8<Rows, Group>;
  using unit = simd::dot4<Isa, Rows>;
  constexpr std::size_t span = 256 / Group;  // groups per pass: as 16-bit pairs they take 512 bytes of stack
  const std::size_t groups = format::groups(w.cols);
  const std::size_t stride = format::tile_bytes(w.cols);
  const std::size_t whole = w.rows / unit::rows_together * unit::rows_together;
  for (std::size_t row = 0; row < whole && groups == 0; ++row) y[row] = 0;
  const auto pass = [&]<bool First>(std::size_t g) {
    const std::size_t now = groups - g < span ? groups - g : span;
    std::int32_t pairs[span * Group / 2];
    unit::spread(a.q + g * Group, now * Group / 4, pairs);
    const auto* b = reinterpret_cast<const typename format::block*>(w.data) + g;
    for (float* to = y; to != y + whole; to += unit::rows_together, b += groups * unit::rows_together)
      detail::add_rows<unit, Group, First>(b, stride, pairs, a.scale + g, a.scale + g + now, to);
  };
  if (groups != 0) pass.template operator()<true>(0);
  for (std::size_t g = span; g < groups; g += span) pass.template operator()<false>(g);
  for (std::size_t row = whole; row < w.rows; ++row) detail::integer_tiles<Isa, format, 1, 1>(w, row, &a, y, 0);
}

}  // namespace mote::inline v0

#include "mote/kernel/arch/matvec.hpp"
