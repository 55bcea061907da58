// SPDX-License-Identifier: BSL-1.0
// Converts 16-bit weights, binary16 and bfloat16, to and from float. Each 16-bit value is exactly a float, subnormals
// too, so every machine decodes the same bits.
// Refuses arithmetic in 16 bits. (simd/half.hpp decodes scales.)
#pragma once

#include <cstddef>
#include <cstdint>

#include "mote/simd/pack.hpp"

namespace mote::inline v0::simd {

/// The float of a binary16, subnormals, infinity and NaN included.
constexpr float from_binary16(std::uint16_t h) {
  const auto sign = static_cast<std::uint32_t>(h & 0x8000U) << 16U;
  const auto rest = static_cast<std::uint32_t>(h & 0x7FFFU) << 13U;
  // The product corrects the exponent bias by 112 = 127 - 15, for subnormals too.
  auto magnitude = __builtin_bit_cast(std::uint32_t, __builtin_bit_cast(float, rest) * 0x1p112F);
  if (rest >= 0x0F800000U) magnitude |= 0x7F800000U;  // infinity and NaN stay what they are
  return __builtin_bit_cast(float, sign | magnitude);
}

/// The binary16 nearest to a float, ties to even. Beyond +-65504, the largest of that sign; for NaN, zero.
constexpr std::uint16_t to_binary16(float x) {
  const auto bits = __builtin_bit_cast(std::uint32_t, x);
  const auto sign = static_cast<std::uint16_t>((bits >> 16U) & 0x8000U);
  const std::uint32_t magnitude = bits & 0x7FFFFFFFU;
  if (magnitude > 0x7F800000U) return 0;
  if (magnitude >= 0x477FE000U) return sign | 0x7BFFU;  // 65504
  if (magnitude < 0x38800000U) {                        // below 2^-14: in units of 2^-24
    const float units = __builtin_bit_cast(float, magnitude) * 0x1p24F;
    return sign | static_cast<std::uint16_t>((units + 8388608.0F) - 8388608.0F);
  }
  const std::uint32_t rebiased = magnitude - 0x38000000U;
  return sign | static_cast<std::uint16_t>((rebiased + 0xFFFU + ((rebiased >> 13U) & 1U)) >> 13U);
}

/// The float of a bfloat16, which is its upper 16 bits.
constexpr float from_bfloat16(std::uint16_t b) {
  return __builtin_bit_cast(float, static_cast<std::uint32_t>(b) << 16U);
}

/// The bfloat16 nearest to a float, ties to even. Beyond the range, the largest of that sign; for NaN, zero.
constexpr std::uint16_t to_bfloat16(float x) {
  const auto bits = __builtin_bit_cast(std::uint32_t, x);
  const auto sign = static_cast<std::uint16_t>((bits >> 16U) & 0x8000U);
  const std::uint32_t magnitude = bits & 0x7FFFFFFFU;
  if (magnitude > 0x7F800000U) return 0;
  if (magnitude >= 0x7F7F8000U) return sign | 0x7F7FU;
  return static_cast<std::uint16_t>((bits + 0x7FFFU + ((bits >> 16U) & 1U)) >> 16U);
}

}  // namespace mote::inline v0::simd

#include "mote/simd/arch/load_float16.hpp"
