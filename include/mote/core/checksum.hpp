// SPDX-License-Identifier: BSL-1.0
// CRC-32 (IEEE 802.3, reflected polynomial 0xEDB88320) of stored bytes, and 64-bit FNV-1a of facts that must agree.
// Refuses to be cryptography: both detect accidents, not attackers.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "mote/config.hpp"

namespace mote::inline v0 {

namespace detail {
// Sixteen entries, for a nibble at a time: 64 bytes of flash instead of 1 KiB for a byte at a time.
inline constexpr auto crc_nibbles = [] {
  std::array<std::uint32_t, 16> table{};
  for (std::uint32_t i = 0; i < 16; ++i) {
    std::uint32_t c = i;
    for (int bit = 0; bit < 4; ++bit) c = (c & 1U) != 0 ? 0xEDB88320U ^ (c >> 1U) : c >> 1U;
    table[i] = c;
  }
  return table;
}();

// For eight bytes at a time, where 8 KiB are nothing; [k][v]: what a byte v does to the checksum k bytes later.
inline constexpr auto crc_of_byte = [] {
  std::array<std::array<std::uint32_t, 256>, 8> later{};
  for (std::uint32_t v = 0; v < 256; ++v) {
    std::uint32_t c = crc_nibbles[v & 15U] ^ (v >> 4U);
    later[0][v] = crc_nibbles[c & 15U] ^ (c >> 4U);
  }
  for (std::size_t i = 1; i < 8; ++i)
    for (std::size_t v = 0; v < 256; ++v) later[i][v] = later[0][later[i - 1][v] & 255U] ^ (later[i - 1][v] >> 8U);
  return later;
}();

/// Adds the whole eights of `bytes` to the checksum `c`; returns how many bytes these are.
inline std::size_t crc_eights(std::span<const std::byte> bytes, std::uint32_t& c) {
  std::size_t at = 0;
  for (; bytes.size() - at >= 8; at += 8) {
    std::uint32_t low = 0;
    std::uint32_t high = 0;
    __builtin_memcpy(&low, bytes.data() + at, 4);
    __builtin_memcpy(&high, bytes.data() + at + 4, 4);
    low ^= c;
    const auto& t = crc_of_byte;
    c = t[7][low & 255U] ^ t[6][low >> 8U & 255U] ^ t[5][low >> 16U & 255U] ^ t[4][low >> 24U] ^ t[3][high & 255U] ^
        t[2][high >> 8U & 255U] ^ t[1][high >> 16U & 255U] ^ t[0][high >> 24U];
  }
  return at;
}
}  // namespace detail

/// CRC-32 of `bytes`. To continue a checksum, pass the result of the bytes before as `earlier`. Machines with addresses
/// of 64 bits, which check whole images, take eight bytes at a time.
constexpr std::uint32_t crc32(std::span<const std::byte> bytes, std::uint32_t earlier = 0) {
  std::uint32_t c = ~earlier;
  if constexpr (sizeof(void*) == 8)
    if (!__builtin_is_constant_evaluated()) bytes = bytes.subspan(detail::crc_eights(bytes, c));
  for (std::byte b : bytes) {
    c ^= std::to_integer<std::uint32_t>(b);
    c = detail::crc_nibbles[c & 15U] ^ (c >> 4U);
    c = detail::crc_nibbles[c & 15U] ^ (c >> 4U);
  }
  return ~c;
}

/// A 64-bit FNV-1a hash of facts, added one by one: a number is 8 bytes, little-endian; a text ends with a zero byte.
class fingerprint {
 public:
  constexpr fingerprint& add(std::uint64_t v) {
    for (int i = 0; i < 8; ++i) byte(static_cast<std::uint8_t>(v >> (8 * i)));
    return *this;
  }
  constexpr fingerprint& add(std::string_view text) {
    for (char c : text) byte(static_cast<std::uint8_t>(c));
    byte(0);
    return *this;
  }
  constexpr std::uint64_t value() const { return hash_; }

 private:
  constexpr void byte(std::uint8_t b) { hash_ = (hash_ ^ b) * 0x100000001B3ULL; }
  std::uint64_t hash_ = 0xCBF29CE484222325ULL;
};

}  // namespace mote::inline v0
