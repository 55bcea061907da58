// SPDX-License-Identifier: BSL-1.0
// Whether numbers are finite, asked where they would be kept or become a choice: the queries, keys and values of a token,
// its logits, a loss, a step of an optimiser. Behind these gates a kernel meets numbers of a known size alone.
// Refuses to look at the bits of what is not a number: whether it is one is all that machines agree on.
#pragma once

#include <cstddef>
#include <cstdint>

#include "mote/core/finite.hpp"
#include "mote/kernel/arch/guarded.hpp"
#include "mote/kernel/norm.hpp"

namespace mote::inline v0 {

namespace detail {
using sixteen_finite = guarded::sums;

/// A sum of squares over several vectors, joined once.
struct square_sum {
  sixteen_finite lanes;
  float rest = 0;  // what makes no sixteen
  void add(const float* x, std::size_t n) {
    if constexpr (guarded::offered || simd::floats<16>::registers < 16) add_here(x, n);
    else add_apart(x, n);  // sixteen plain floats are much code: once is enough
  }
  MOTE_NOINLINE void add_apart(const float* x, std::size_t n) { add_here(x, n); }
  MOTE_INLINE void add_here(const float* x, std::size_t n) {
    const std::size_t whole = n / 16 * 16;
    for (std::size_t i = 0; i < whole; i += 16) lanes.add_squares(x + i);
    for (std::size_t i = 0; i < n % 16; ++i) rest += x[whole + i] * x[whole + i];
  }
  MOTE_INLINE float joined() const { return lanes.joined() + rest; }
};
}  // namespace detail

/// Whether all of x (n) are finite, and their sum.
inline bool are_finite(const float* x, std::size_t n) {
  detail::sixteen_finite lanes;
  float rest = 0;
  const std::size_t whole = n / 16 * 16;
  for (std::size_t i = 0; i < whole; i += 16) lanes.add(x + i);
  for (std::size_t i = 0; i < n % 16; ++i) rest += x[whole + i];
  return is_finite(lanes.joined() + rest);
}

/// Attention takes queries, keys and values whose squares add up to less than this: no product of two is infinite then,
/// and no score, whatever a cache makes of them.
inline constexpr float largest_squares = 0x1p100F;

/// The gate in front of attention, of one token: what does not pass becomes zero, so that a cache never holds it, and the
/// residual stream becomes not a number, so that every logit of this token says so.
inline bool admit(float* query, std::size_t dim, float* key, float* value, std::size_t kv_dim, float* x) {
  detail::square_sum all;
  all.add(query, dim);
  all.add(key, kv_dim);
  all.add(value, kv_dim);
  if (all.joined() < largest_squares) [[likely]]
    return true;
  for (std::size_t i = 0; i < dim; ++i) query[i] = 0;
  for (std::size_t i = 0; i < kv_dim; ++i) key[i] = value[i] = 0;
  x[0] = __builtin_nanf("");
  return false;
}

}  // namespace mote::inline v0
