// SPDX-License-Identifier: BSL-1.0
// Dot products of one group of signed 8-bit weights with 8-bit activations, for Rows rows at once. Integers are exact,
// so every implementation gives the same result. Weights are in quads of four columns: (Group / 4, Rows, 4).
// Refuses activations of -128: 16-bit sums of two products would overflow where both factors are -128. A weight may be.
#pragma once

#include <cstddef>
#include <cstdint>

#include "mote/simd/dot4.hpp"

namespace mote::inline v0::simd {

/// The reference, for any number of rows on any machine. `x_sum` is the sum of x; unsigned instructions need it.
template <std::size_t Rows, std::size_t Group>
MOTE_INLINE ints<Rows> group_dot(const std::int8_t* w /* (Group / 4, Rows, 4) */, const std::int8_t* x /* (Group) */,
                                 [[maybe_unused]] std::int32_t x_sum, scalar) {
  std::int32_t sum[Rows] = {};
#pragma GCC unroll 2  // fully unrolled, the 64 loads would not fit the registers
  for (std::size_t at = 0; at < Group / 4; ++at) {
    for (std::size_t row = 0; row < Rows; ++row) {
      const std::int8_t* q = w + (at * Rows + row) * 4;
      const std::int8_t* a = x + at * 4;
      sum[row] += q[0] * a[0] + q[1] * a[1] + q[2] * a[2] + q[3] * a[3];
    }
  }
  return ints<Rows>::load(sum);
}

/// The same by dot4<Isa, Rows> if the instruction set has it, else by the reference.
template <std::size_t Rows, std::size_t Group, class Isa>
MOTE_INLINE ints<Rows> dot(const std::int8_t* w, const std::int8_t* x, std::int32_t x_sum) {
  using unit = dot4<Isa, Rows>;
  if constexpr (unit::own) {
    typename unit::vector codes[Group / 4];
#pragma GCC unroll 16
    for (std::size_t i = 0; i < Group / 4; ++i)
      codes[i] = unit::from_signed(unit::load(reinterpret_cast<const std::uint8_t*>(w) + i * Rows * 4));
    return unit::signed_dot(ints<Rows>::all(0), codes, x, x_sum);
  } else {
    return group_dot<Rows, Group>(w, x, x_sum, scalar{});
  }
}

}  // namespace mote::inline v0::simd
