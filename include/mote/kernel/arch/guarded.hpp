// SPDX-License-Identifier: BSL-1.0
// Kernels of floats for vectors that flush subnormal numbers and say so (simd/arch/guard.hpp), if this binary has such.
// Refuses to be asked by an instruction set's name: `guarded` is one type, and generic kernels ask what it offers.
#pragma once

#include <cstddef>
#include <cstdint>

#include "mote/simd/pack.hpp"

#if MOTE_WITH_MVE_FLOATS
#include "mote/kernel/arch/mve/guarded.hpp"
#endif

namespace mote::inline v0::detail {

/// Each but `sums` does a kernel's work and gives true, or gives false: then the generic kernel does it. Here nothing is
/// offered; what has no body is asked where something is, alone.
struct unguarded {
  static constexpr bool offered = false;

  template <class... Any>
  static bool rounding(Any...);  ///< one group of an activation as 8 bits (kernel/matrix.hpp)
  template <class... Any>
  static bool weights(Any...);  ///< of query heads that share a key head, and 1 / their sums (kernel/attention.hpp)
  template <class... Any>
  static bool values(Any...);  ///< of them, weighted
  /// h = silu(gate) * up, (16) each.
  MOTE_INLINE static bool swiglu(const float*, const float*, float*) { return false; }
  /// Sixteen interleaved partial sums, to see whether what was added is finite.
  struct sums {
    simd::floats<16> sum = simd::floats<16>::all(0.0F);
    MOTE_INLINE void add(const float* x /* (16) */) { sum = sum + simd::floats<16>::load(x); }
    MOTE_INLINE void add_squares(const float* x /* (16) */) {
      const auto v = simd::floats<16>::load(x);
      sum = sum + v * v;
    }
    MOTE_INLINE float joined() const { return simd::reduce_add(sum); }
  };
};

#if MOTE_WITH_MVE_FLOATS
using guarded = helium_guarded;
#else
using guarded = unguarded;
#endif

}  // namespace mote::inline v0::detail
