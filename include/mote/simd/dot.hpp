// SPDX-License-Identifier: BSL-1.0
// The integer heart: the dot products of one group of 8-bit weights, Rows rows at once, with 8-bit activations. Exact, so
// every body gives the same integers. Weights lie in quads of four columns: (Group / 4, Rows, 4).
// Refuses -128 on either side: quantisers stay within +-127, as the sign trick of AVX2 and the pairs of NEON need.
#pragma once

#include <cstddef>
#include <cstdint>

#include "mote/simd/pack.hpp"

namespace mote::inline v0::simd {

/// The reference, for any number of rows on any machine. `x_sum` is the sum of x, which unsigned instructions need.
template <std::size_t Rows, std::size_t Group>
MOTE_INLINE ints<Rows> group_dot(const std::int8_t* w /* (Group / 4, Rows, 4) */, const std::int8_t* x /* (Group) */,
                                 [[maybe_unused]] std::int32_t x_sum, scalar) {
  std::int32_t sum[Rows] = {};
  for (std::size_t quad = 0; quad < Group / 4; ++quad) {
    for (std::size_t row = 0; row < Rows; ++row) {
      const std::int8_t* q = w + (quad * Rows + row) * 4;
      const std::int8_t* a = x + quad * 4;
      sum[row] += q[0] * a[0] + q[1] * a[1] + q[2] * a[2] + q[3] * a[3];
    }
  }
  return ints<Rows>::load(sum);
}

}  // namespace mote::inline v0::simd

// What xsimd has no words for, one file an instruction set; each adds an overload for the row count of its registers.
#if MOTE_WITH_XSIMD && defined(__SSE2__)
#include "mote/simd/arch/sse2.hpp"
#endif
#if MOTE_WITH_XSIMD && defined(__AVX2__)
#include "mote/simd/arch/avx2.hpp"
#endif
#if MOTE_WITH_XSIMD && defined(__AVX512BW__) && defined(__AVX512VL__) && defined(__AVX512VNNI__)
#include "mote/simd/arch/avx512vnni.hpp"
#endif
#if MOTE_WITH_XSIMD && defined(__ARM_NEON)
#include "mote/simd/arch/neon.hpp"
#endif
#if MOTE_WITH_XSIMD && defined(__ARM_FEATURE_DOTPROD)
#include "mote/simd/arch/neon_dotprod.hpp"
#endif
#if MOTE_WITH_MVE
#include "mote/simd/arch/mve.hpp"
#endif
#if MOTE_WITH_DSP
#include "mote/simd/arch/dsp.hpp"
#endif

namespace mote::inline v0::simd {

/// Is there a body for this row count on this instruction set, beside the reference?
template <std::size_t Rows, class Isa>
inline constexpr bool has_own_dot = interleaved_rows(Isa::value) == Rows && Isa::value != isa::scalar;

/// The best body for Rows rows that this binary may use.
template <std::size_t Rows, std::size_t Group, class Isa>
MOTE_INLINE ints<Rows> dot(const std::int8_t* w, const std::int8_t* x, std::int32_t x_sum) {
  if constexpr (has_own_dot<Rows, Isa>)
    return own_group_dot<Rows, Group>(w, x, x_sum, Isa{});
  else
    return group_dot<Rows, Group>(w, x, x_sum, scalar{});
}

}  // namespace mote::inline v0::simd
