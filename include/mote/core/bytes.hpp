// SPDX-License-Identifier: BSL-1.0
// Arithmetic on sizes: units, rounding, and sums and products that cannot wrap.
// Refuses to hand out a wrapped number: the checked forms answer "too big" instead.
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

/// The answer of a checked operation that would not fit a size_t.
inline constexpr std::size_t too_big = (std::numeric_limits<std::size_t>::max)();

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
