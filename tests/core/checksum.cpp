// SPDX-License-Identifier: BSL-1.0
#include "mote/core/checksum.hpp"

#include <array>
#include <catch2/catch_test_macros.hpp>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace {
std::uint32_t crc_of(std::string_view text, std::uint32_t earlier = 0) {
  return mote::crc32(std::as_bytes(std::span(text.data(), text.size())), earlier);
}
}  // namespace

TEST_CASE("CRC-32 answers the published vectors", "[core][checksum]") {
  CHECK(crc_of("") == 0);
  CHECK(crc_of("123456789") == 0xCBF43926U);  // the check value of CRC-32/ISO-HDLC
  CHECK(crc_of("a") == 0xE8B7BE43U);
  CHECK(crc_of("The quick brown fox jumps over the lazy dog") == 0x414FA339U);
  CHECK(mote::crc32(std::array<std::byte, 32>{}) == 0x190A55ADU);  // zeros count
  STATIC_CHECK(mote::crc32(std::array<std::byte, 32>{}) == 0x190A55ADU);
}

TEST_CASE("CRC-32 goes on from an earlier part", "[core][checksum]") {
  constexpr std::string_view text = "The quick brown fox jumps over the lazy dog";
  for (std::size_t cut = 0; cut <= text.size(); ++cut)
    CHECK(crc_of(text.substr(cut), crc_of(text.substr(0, cut))) == 0x414FA339U);
}

TEST_CASE("CRC-32 sees every single flipped bit", "[core][checksum]") {
  std::array<std::byte, 40> bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(7 * i);
  const std::uint32_t before = mote::crc32(bytes);
  for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    bytes[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
    CAPTURE(bit);
    REQUIRE(mote::crc32(bytes) != before);
    bytes[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
  }
  REQUIRE(mote::crc32(bytes) == before);
}

TEST_CASE("a fingerprint is FNV-1a, a zero after each text", "[core][checksum]") {
  constexpr std::uint64_t prime = 0x100000001B3ULL;
  STATIC_CHECK(mote::fingerprint{}.value() == 0xCBF29CE484222325ULL);
  STATIC_CHECK(mote::fingerprint{}.add("").value() == 0xAF63BD4C8601B7DFULL);           // FNV-1a of one zero
  STATIC_CHECK(mote::fingerprint{}.add("a").value() == 0xAF63DC4C8601EC8CULL * prime);  // published, then zero
  STATIC_CHECK(mote::fingerprint{}.add("foobar").value() == 0x85944171F73967E8ULL * prime);
  // A number is its eight bytes, the lowest first: "foobar", NUL, NUL.
  STATIC_CHECK(mote::fingerprint{}.add(0x0000'7261'626F'6F66ULL).value() == 0x85944171F73967E8ULL * prime * prime);
}

TEST_CASE("facts in another order or cut elsewhere have another fingerprint", "[core][checksum]") {
  STATIC_CHECK(mote::fingerprint{}.add("ab").add("c").value() != mote::fingerprint{}.add("a").add("bc").value());
  STATIC_CHECK(mote::fingerprint{}.add(1).add(2).value() != mote::fingerprint{}.add(2).add(1).value());
  STATIC_CHECK(mote::fingerprint{}.add(0).value() != mote::fingerprint{}.value());
}
