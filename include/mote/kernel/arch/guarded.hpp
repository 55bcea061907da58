// SPDX-License-Identifier: BSL-1.0
// Float kernels for vectors that flush subnormal numbers to zero and set a flag (simd/arch/guard.hpp), if there are
// such.
// Refuses selection by instruction set: `guarded` is one type, and generic kernels ask what it offers.
#pragma once

#include <cstddef>
#include <cstdint>

#include "mote/simd/pack.hpp"

#if MOTE_WITH_MVE_FLOATS
#include "mote/kernel/arch/mve/guarded.hpp"
#endif

namespace mote::inline v0::detail {

/// Each function does the work of a kernel and returns true, or returns false, and the generic kernel does it. This
/// type offers none; functions without a body are called only where `offered` is true.
struct unguarded {
  static constexpr bool offered = false;

  template <class... Any>
  static bool rounding(Any...);  ///< rounds one group of an activation to 8 bits (kernel/matrix.hpp)
  template <class... Any>
  static bool weights(Any...);  ///< softmax weights of a group of heads, and 1 / their sums (kernel/attention.hpp)
  template <class... Any>
  static bool values(Any...);  ///< weighted sums of values for a group of heads (kernel/attention.hpp)
  /// h = silu(gate) * up, (16) each.
  MOTE_INLINE static bool swiglu(const float*, const float*, float*) { return false; }
  /// Sixteen interleaved partial sums, which show whether everything added is finite.
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
