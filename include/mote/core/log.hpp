// SPDX-License-Identifier: BSL-1.0
// The natural logarithm in a fixed order of additions and multiplications: the same bits everywhere. Its error
// is at most 1.97 ulp over all floats, measured against long double.
// Refuses libm: C libraries differ in the last bit, so two search results of equal score could change places.
#pragma once

#include <cstdint>

#include "mote/config.hpp"

namespace mote::inline v0 {

namespace detail {

// log(1 + f) for f in [-0.3, 0.42]: 2 artanh(s) with s = f / (2 + f). As |s| < 0.18, six terms of the series
// s + s^3/3 + s^5/5 + ... leave 3e-11. The sum is 2s plus a small rest, whose rounding errors do not matter.
constexpr float log_near_one(float f) {
  const float s = f / (2.0F + f);
  const float z = s * s;
  float p = 2.0F / 11.0F;
  p = p * z + 2.0F / 9.0F;
  p = p * z + 2.0F / 7.0F;
  p = p * z + 2.0F / 5.0F;
  p = p * z + 2.0F / 3.0F;
  return 2.0F * s + s * (z * p);
}

// log(u (1 + rest) 2^exponent) for a normal, finite u > 0 and a rest below one unit in u's last place.
MOTE_NOINLINE constexpr float log_normal(float u, float rest, std::int32_t exponent) {
  const auto bits = __builtin_bit_cast(std::uint32_t, u);
  // The mantissa is taken in [sqrt(1/2), sqrt(2)), so that f = mantissa - 1 is exact and small.
  const std::uint32_t shifted = bits - 0x3F3504F3U;
  exponent += static_cast<std::int32_t>(shifted) >> 23;
  const float f = __builtin_bit_cast(float, (shifted & 0x7FFFFFU) + 0x3F3504F3U) - 1.0F;
  const auto e = static_cast<float>(exponent);
  // log 2 in two parts: the first has 13 significant bits, so its product with an exponent is exact.
  return e * 0x1.62ep-1F + (log_near_one(f) + (e * 0x1.0bfbe8p-15F + rest));
}

// log v of a double v >= 1, as a series: for the compiler and for PC tools, which make tables with it.
constexpr double constant_log(double v) {
  int halvings = 0;
  while (v > 1.5) {
    v /= 2;
    ++halvings;
  }
  const double z = (v - 1) / (v + 1);
  double term = z;
  double sum = 0;
  for (int k = 1; k < 60; k += 2) {
    sum += term / k;
    term *= z * z;
  }
  return 2 * sum + halvings * 0.69314718055994530941723212145818;
}

}  // namespace detail

/// log x. Zero gives minus infinity, a negative number or NaN gives NaN, as in <cmath>.
constexpr float natural_log(float x) {
  if (x == 0.0F) return -__builtin_inff();
  if (!(x > 0.0F)) return __builtin_nanf("");
  if (x == __builtin_inff()) return x;
  if (x < 0x1p-126F) return detail::log_normal(x * 0x1p24F, 0.0F, -24);  // subnormal: made normal first
  return detail::log_normal(x, 0.0F, 0);
}

/// log(1 + x), also accurate where x is so small that 1 + x rounds to 1.
constexpr float log_one_plus(float x) {
  if (x > -0.25F && x < 0.375F) return detail::log_near_one(x);
  const float u = 1.0F + x;
  if (!(u > 0.0F) || u > 0x1p24F) return natural_log(u);
  return detail::log_normal(u, (x - (u - 1.0F)) / u, 0);  // rest: what 1 + x rounded away
}

}  // namespace mote::inline v0
