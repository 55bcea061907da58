// SPDX-License-Identifier: BSL-1.0
// Scales are IEEE 754 binary16 (half) in memory and float in registers. Every half is exactly a float, so every machine
// decodes the same bits.
// Refuses arithmetic in half precision.
#pragma once

#include <cstddef>
#include <cstdint>

#include "mote/simd/pack.hpp"

namespace mote::inline v0::simd {

using half_bits = std::uint16_t;

/// The float of a half; the sign bit is ignored. Infinity and NaN decode as large numbers; attach() refuses them.
constexpr float half_to_float(half_bits h) {
  // The product corrects the exponent bias by 112 = 127 - 15, for subnormals too.
  return __builtin_bit_cast(float, static_cast<std::uint32_t>(h & 0x7FFFU) << 13U) * 0x1p112F;
}

/// The half nearest to a non-negative float, ties to even. From 65504 on, 65504; for negative numbers and NaN, zero.
constexpr half_bits float_to_half(float x) {
  if (!(x > 0.0F)) return 0;
  if (x >= 65504.0F) return 0x7BFFU;
  const auto bits = __builtin_bit_cast(std::uint32_t, x);
  if (bits < 0x38800000U) {  // below 2^-14: a subnormal half, in units of 2^-24
    // Adding 2^23 leaves the nearest integer in the last bits, without a conversion, which some vectors lack.
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

/// The half nearest to a float, ties to even. Beyond +-65504, the largest half of that sign; -0 and NaN become +0.
constexpr half_bits float_to_signed_half(float x) {
  if (x < 0.0F) return static_cast<half_bits>(float_to_half(-x) | 0x8000U);
  return float_to_half(x);
}

}  // namespace mote::inline v0::simd

#include "mote/simd/arch/load_halves.hpp"
