// SPDX-License-Identifier: BSL-1.0
// Checks that the numbers of a file are finite and not larger than a weight may be. The bits are compared as integers,
// so the answer does not depend on a machine's float arithmetic.
// Refuses to correct values: it reports that one is out of range and changes nothing.
#pragma once

#include <cstddef>
#include <cstdint>

#include "mote/config.hpp"

namespace mote::inline v0 {

/// The largest magnitude allowed for a weight, a gain or a parameter: the largest finite binary16. Working models stay
/// far below; with larger values a later product may overflow to infinity.
inline constexpr float largest_weight = 65504.0F;

constexpr bool is_finite(float x) { return x - x == 0.0F; }
constexpr bool is_weight(float x) { return x >= -largest_weight && x <= largest_weight; }

/// Whether the magnitudes of n floats are at most `limit`; false for NaN and infinity. p needs no alignment.
MOTE_NOINLINE inline bool floats_within(const void* p, std::size_t n, float limit = largest_weight) {
  const auto most = __builtin_bit_cast(std::uint32_t, limit);
  const auto* at = static_cast<const unsigned char*>(p);
  std::uint32_t beyond = 0;
  for (std::size_t i = 0; i < n; ++i) {
    std::uint32_t bits = 0;
    __builtin_memcpy(&bits, at + i * 4, 4);
    beyond |= static_cast<std::uint32_t>((bits & 0x7FFFFFFFU) > most);
  }
  return beyond == 0;
}

/// Whether (word & mask) <= limit for n 16-bit words; p needs no alignment. Magnitudes of binary16 and bfloat16 are
/// ordered like integers. With mask 0xFFFF the sign bit counts, so negative values fail.
MOTE_NOINLINE inline bool halves_within(const void* p, std::size_t n, std::uint16_t limit,
                                        std::uint16_t mask = 0x7FFFU) {
  const auto* at = static_cast<const unsigned char*>(p);
  std::uint32_t beyond = 0;
  for (std::size_t i = 0; i < n; ++i) {
    std::uint16_t bits = 0;
    __builtin_memcpy(&bits, at + i * 2, 2);
    beyond |= static_cast<std::uint32_t>((bits & mask) > limit);
  }
  return beyond == 0;
}

}  // namespace mote::inline v0
