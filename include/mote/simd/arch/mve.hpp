// SPDX-License-Identifier: BSL-1.0
// Helium adds sixteen products of one row to a scalar register (VMLADAV), so its weights are row-major. Kernels take
// four rows at once, which share the loads of x; they are in kernel/arch/mve/.
// Refuses to unpack a single row with vectors: it only multiplies one; the rest is inherited from dsp.
#pragma once

#include <arm_mve.h>

#include "mote/simd/arch/mve_bit_fields.hpp"
#if MOTE_WITH_MVE_FLOATS
#include "mote/simd/arch/mve_rows.hpp"
#endif

namespace mote::inline v0::simd {

/// Operations of one row as in dsp, whose instructions every core with Helium has, and those that take four whole rows.
template <>
struct dot4<mve, 1> : dot4<dsp, 1> {
  static constexpr std::size_t rows_together = 1;                 // does not use rows_dot()
  static constexpr bool guards_rows = MOTE_WITH_MVE_FLOATS != 0;  // q8, four rows at once: kernel/arch/mve/rows_q8.hpp
  static constexpr bool has_dot_from_memory = true;
  static constexpr bool takes_rows = true;  // codes in bit fields, four rows at once: arch/mve_bit_fields.hpp

  template <unsigned Bits, int Step, const std::int8_t (*Table)[16] = nullptr>
  using rows_of_codes = helium_rows<Bits, Step, Table>;
  /// sums[row] = the integer dot product of a whole row with x, for four rows: 2-bit codes, and trits.
  MOTE_INLINE static void rows_of_pairs(const std::byte* w, std::size_t stride, const std::int8_t* x,
                                        std::size_t groups, std::int32_t* sums /* (4) */) {
    detail::helium_pairs(reinterpret_cast<const std::uint8_t*>(w), stride, x, groups, sums);
  }
  MOTE_INLINE static void rows_of_trits(const std::byte* w, std::size_t stride, const std::int8_t* x,
                                        std::size_t groups, std::int32_t* sums /* (4) */) {
    detail::helium_trits(reinterpret_cast<const std::uint8_t*>(w), stride, x, groups, sums);
  }

  /// The dot product of signed 8-bit weights, read from memory.
  template <std::size_t Quads>
  MOTE_INLINE static ints<1> dot_from_memory(const std::uint8_t* w /* (Quads, 4) */,
                                             const std::int8_t* x /* (Quads, 4) */) {
    static_assert(Quads % 4 == 0);
    std::int32_t sum = 0;
#pragma GCC unroll 4
    for (std::size_t i = 0; i < Quads * 4; i += 16)
      sum =
          __arm_vmladavaq_s8(sum, __arm_vldrbq_s8(reinterpret_cast<const std::int8_t*>(w) + i), __arm_vldrbq_s8(x + i));
    return ints<1>::all(sum);
  }
};

}  // namespace mote::inline v0::simd
