// SPDX-License-Identifier: BSL-1.0
// What a number of a file may be: finite, and no larger than a weight can be. Files are looked at as bits, so that no
// machine's arithmetic has a say.
// Refuses to mend: what is out of bounds is said, and stays as it is.
#pragma once

#include <cstddef>
#include <cstdint>

#include "mote/config.hpp"

namespace mote::inline v0 {

/// The largest magnitude of a weight, a gain or a parameter: that of binary16. No model that answers has come near it; one
/// that goes beyond leaves the floats somewhere.
inline constexpr float largest_weight = 65504.0F;

constexpr bool is_finite(float x) { return x - x == 0.0F; }
constexpr bool is_weight(float x) { return x >= -largest_weight && x <= largest_weight; }

/// Whether the magnitudes of n floats, at any address, are at most `limit`.
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

/// Whether n words of 16 bits, at any address, are at most `limit` once only the bits of `mask` are left: halves and
/// bfloat16 are ordered like integers. A mask with the sign refuses what is negative.
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
