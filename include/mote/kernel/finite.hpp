// SPDX-License-Identifier: BSL-1.0
// Checks that numbers are finite, at the points where they would be stored or decide something: the queries, keys and
// values of a token, its logits, a loss, an optimizer step. After these checks kernels see only bounded numbers.
// Refuses to look at the bits of a NaN: machines agree only on whether a number is one.
#pragma once

#include <cstddef>
#include <cstdint>

#include "mote/core/finite.hpp"
#include "mote/kernel/arch/guarded.hpp"
#include "mote/kernel/norm.hpp"

namespace mote::inline v0 {

namespace detail {
using sixteen_finite = guarded::sums;

/// A sum of squares over several vectors; its lanes are added up once, at the end.
struct square_sum {
  sixteen_finite lanes;
  float rest = 0;  // of the last n % 16 numbers
  void add(const float* x, std::size_t n) {
    if constexpr (guarded::offered || simd::floats<16>::registers < 16) add_here(x, n);
    else add_apart(x, n);  // without vectors the body is long: one copy, called
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

/// True if all of x (n) are finite and their sum is too: a sum that overflows gives false as well.
inline bool are_finite(const float* x, std::size_t n) {
  detail::sixteen_finite lanes;
  float rest = 0;
  const std::size_t whole = n / 16 * 16;
  for (std::size_t i = 0; i < whole; i += 16) lanes.add(x + i);
  for (std::size_t i = 0; i < n % 16; ++i) rest += x[whole + i];
  return is_finite(lanes.joined() + rest);
}

/// The limit for the sum of squares of a token's query, key and value. Below it every number is under 2^50, so no
/// product of two and no score can overflow, in whatever format a cache stores them.
inline constexpr float largest_squares = 0x1p100F;

/// Checks one token before attention: query (dim), key and value (kv_dim). True if their squares sum to less than
/// largest_squares. Else false: all three become zero, so that a cache never holds them, and x[0] of the residual
/// stream becomes NaN, so that every logit of this token does.
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
