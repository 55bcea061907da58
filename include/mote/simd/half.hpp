// SPDX-License-Identifier: BSL-1.0
// IEEE 754 binary16 in memory, float in registers. Every half is exactly a float, so decoding has one answer.
// Refuses arithmetic in half precision.
#pragma once

#include <cstddef>
#include <cstdint>

#include "mote/simd/pack.hpp"

namespace mote::inline v0::simd {

using half_bits = std::uint16_t;

/// The float of a half without a sign, as scales are. Infinity and NaN decode as large numbers; attach() refuses them.
constexpr float half_to_float(half_bits h) {
  // The exponent of a half is moved by 112 by a multiplication, which also makes its subnormals right.
  return __builtin_bit_cast(float, static_cast<std::uint32_t>(h & 0x7FFFU) << 13U) * 0x1p112F;
}

/// The half nearest to a non-negative float, ties to even; what is too large becomes the largest half.
constexpr half_bits float_to_half(float x) {
  if (!(x > 0.0F)) return 0;
  if (x >= 65504.0F) return 0x7BFFU;
  const auto bits = __builtin_bit_cast(std::uint32_t, x);
  if (bits < 0x38800000U) {  // below 2^-14: a subnormal half, in units of 2^-24
    // Behind the addition the last bits are the nearest integer: no conversion, which some vectors lack.
    return static_cast<half_bits>(__builtin_bit_cast(std::uint32_t, x * 0x1p24F + 8388608.0F) & 0xFFFFU);
  }
  const std::uint32_t rebiased = bits - 0x38000000U;
  return static_cast<half_bits>((rebiased + 0xFFFU + ((rebiased >> 13U) & 1U)) >> 13U);
}

/// The float of any finite half.
constexpr float signed_half_to_float(half_bits h) {
  const auto size = __builtin_bit_cast(std::uint32_t, half_to_float(h));
  return __builtin_bit_cast(float, size | static_cast<std::uint32_t>(h & 0x8000U) << 16U);
}

/// The half nearest to a float, ties to even; what is too large becomes the largest half of its sign. Zero is +0.
constexpr half_bits float_to_signed_half(float x) {
  if (x < 0.0F) return static_cast<half_bits>(float_to_half(-x) | 0x8000U);
  return float_to_half(x);
}

}  // namespace mote::inline v0::simd

#include "mote/simd/arch/load_halves.hpp"
