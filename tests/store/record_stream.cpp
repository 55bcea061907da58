// SPDX-License-Identifier: BSL-1.0
#include "mote/store/record_stream.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <array>
#include <vector>

namespace {

using mote::record_kind;
using mote::status;

std::array<std::byte, 4> four() { return {std::byte{1}, std::byte{2}, std::byte{3}, std::byte{4}}; }

/// CRC-32 (IEEE 802.3) bit by bit.
std::uint32_t crc_of(std::span<const std::byte> data) {
  std::uint32_t crc = 0xFFFFFFFFU;
  for (std::byte b : data) {
    crc ^= static_cast<std::uint32_t>(b);
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 1U) != 0 ? (crc >> 1U) ^ 0xEDB88320U : crc >> 1U;
  }
  return ~crc;
}

}  // namespace

TEST_CASE("record_stream: kind and length come first, and every byte is counted and in the checksum", "[store]") {
  std::array<std::byte, 64> room{};
  mote::buffer_sink buffer(room);
  mote::record_stream stream(buffer);
  const auto payload = four();
  CHECK(stream.put(std::span(payload).first(1)) == status::ok);  // outside of a record
  CHECK(stream.begin(record_kind{0x8102}, 4) == status::ok);
  CHECK(stream.append(std::span(payload).first(3)) == status::ok);
  CHECK(stream.commit() == status::wrong_size);  // one is missing
  CHECK(stream.append(std::span(payload).subspan(3)) == status::ok);
  CHECK(stream.commit() == status::ok);
  CHECK(stream.used() == 11);
  const std::array<unsigned, 11> expected{1, 0x02, 0x81, 4, 0, 0, 0, 1, 2, 3, 4};
  for (std::size_t i = 0; i < expected.size(); ++i) CHECK(static_cast<unsigned>(room[i]) == expected[i]);
  CHECK(stream.crc() == crc_of(std::span(room).first(11)));
}

TEST_CASE("record_stream: more than was announced is refused before it is written", "[store]") {
  std::array<std::byte, 64> room{};
  mote::buffer_sink buffer(room);
  mote::record_stream stream(buffer);
  CHECK(stream.begin(record_kind::item, 3) == status::ok);
  CHECK(stream.append(four()) == status::wrong_size);
  CHECK(stream.used() == 6);
  if constexpr (sizeof(std::size_t) > 4)
    CHECK(stream.begin(record_kind::item, std::size_t{1} << 32U) == status::wrong_size);
  CHECK(stream.used() == 6);
}

TEST_CASE("record_stream: a buffer takes a portion whole or not at all", "[store]") {
  for (std::size_t size = 0; size <= 8; ++size) {
    INFO(size);
    std::vector<std::byte> room(9, std::byte{0xAA});
    mote::buffer_sink sink{std::span(room).first(size)};
    const auto payload = four();
    const bool first = size >= 4, second = size >= 8;
    CHECK((sink.put(payload) == status::ok) == first);
    CHECK((sink.put(payload) == status::ok) == second);
    const std::size_t written = first ? (second ? 8 : 4) : 0;
    CHECK(std::all_of(room.begin() + static_cast<std::ptrdiff_t>(written), room.end(),
                      [](std::byte b) { return b == std::byte{0xAA}; }));
    CHECK(sink.put({}) == status::ok);
  }
}
