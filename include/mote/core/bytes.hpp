// SPDX-License-Identifier: BSL-1.0
// Arithmetic on sizes: units, rounding, and sums and products with a check for overflow.
// Refuses to return a wrapped sum or product: checked_add() and checked_mul() return too_big instead.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>

#include "mote/config.hpp"

namespace mote::inline v0 {

inline namespace literals {
consteval std::size_t operator""_KiB(unsigned long long n) { return static_cast<std::size_t>(n * 1024U); }
consteval std::size_t operator""_MiB(unsigned long long n) { return static_cast<std::size_t>(n * 1024U * 1024U); }
}  // namespace literals

/// What checked_add() and checked_mul() return if the result does not fit a size_t.
inline constexpr std::size_t too_big = (std::numeric_limits<std::size_t>::max)();

/// n / step rounded up, as a multiple of step and as a quotient. step > 0; n + step - 1 must fit a size_t, unchecked.
constexpr std::size_t round_up(std::size_t n, std::size_t step) { return (n + step - 1) / step * step; }
constexpr std::size_t ceil_div(std::size_t n, std::size_t step) { return (n + step - 1) / step; }

/// a + b, or too_big.
constexpr std::size_t checked_add(std::size_t a, std::size_t b) {
  std::size_t sum = 0;
  return __builtin_add_overflow(a, b, &sum) ? too_big : sum;
}

/// a * b, or too_big.
constexpr std::size_t checked_mul(std::size_t a, std::size_t b) {
  std::size_t product = 0;
  return __builtin_mul_overflow(a, b, &product) ? too_big : product;
}

}  // namespace mote::inline v0
