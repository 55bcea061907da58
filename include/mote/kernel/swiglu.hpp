// SPDX-License-Identifier: BSL-1.0
// The gate of the feed-forward block, h = silu(gate) * up with silu(x) = x * sigmoid(x) (Shazeer 2020,
// arXiv 2002.05202), and its gradient.
// Refuses a scalar tail: buffers hold padded(n) floats, and all of them are read and written.
#pragma once

#include <cstddef>

#include "mote/kernel/arch/guarded.hpp"
#include "mote/kernel/matrix.hpp"
#include "mote/simd/math.hpp"

namespace mote::inline v0 {

/// h = silu(gate) * up, all (padded(n)); h may be gate or up.
MOTE_NOINLINE inline void swiglu(const float* gate, const float* up, std::size_t n, float* h) {
  using floats = simd::floats<16>;
  for (std::size_t i = 0; i < n; i += 16) {
    if (detail::guarded::swiglu(gate + i, up + i, h + i)) continue;
    const auto g = floats::load(gate + i);
    ((g * simd::sigmoid(g)) * floats::load(up + i)).store(h + i);
  }
}

/// Turns gate and up into their gradients in place, given dh, all (padded(n)).
inline void swiglu_gradient(float* gate, float* up, const float* dh, std::size_t n) {
  using floats = simd::floats<16>;
  const auto one = floats::all(1.0F);
  for (std::size_t i = 0; i < n; i += 16) {
    const auto g = floats::load(gate + i);
    const auto u = floats::load(up + i);
    const auto d = floats::load(dh + i);
    const auto s = simd::sigmoid(g);
    (d * (g * s)).store(up + i);
    (d * u * (s * (one + g * (one - s)))).store(gate + i);
  }
}

}  // namespace mote::inline v0
