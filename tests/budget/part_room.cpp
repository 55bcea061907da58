// SPDX-License-Identifier: BSL-1.0
#include "mote/budget/part_room.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cstdint>
#include <type_traits>

namespace {
struct number {
  int value = 42;
};
struct tailed {  // 8 bytes, of which the last three are padding
  std::int32_t a = 1;
  char b = 2;
  tailed() {}
};
struct holder {
  [[no_unique_address]] mote::detail::part_home<tailed, false> part;
  char next;
};
}  // namespace

TEST_CASE("part_room: in the object it is memory, elsewhere a pointer that begins as null", "[budget]") {
  static mote::detail::part_room<100, false> in;
  CHECK((in.placed() && in.data() == in.bytes && sizeof in == 128));
  CHECK(reinterpret_cast<std::uintptr_t>(in.data()) % 64 == 0);
  CHECK(std::all_of(in.bytes, in.bytes + 100, [](std::byte b) { return b == std::byte{}; }));
  mote::detail::part_room<100, true> apart;
  CHECK((!apart.placed() && apart.data() == nullptr && sizeof apart == sizeof(void*)));
  mote::part_memory<1, 100> memory;
  CHECK(reinterpret_cast<std::uintptr_t>(&memory) % 64 == 0);
  apart.take(memory.bytes);
  CHECK((apart.placed() && apart.data() == memory.bytes));
  STATIC_REQUIRE(!std::is_same_v<mote::part_memory<1, 100>, mote::part_memory<2, 100>>);
}

TEST_CASE("part_room: an object is constructed where it is taken to, anew each time", "[budget]") {
  mote::detail::part_home<number, false> in;
  CHECK((in.placed() && in->value == 42));
  mote::detail::part_home<number, true> apart;
  CHECK(!apart.placed());
  mote::part_memory<0, sizeof(number)> first{}, second{};
  apart.take(first.bytes);
  REQUIRE(apart.placed());
  CHECK((*apart).value == 42);
  apart->value = 7;
  apart.take(second.bytes);
  CHECK(apart->value == 42);
  const auto& same = apart;
  CHECK(&*same == static_cast<const void*>(second.bytes));
}

TEST_CASE("part_room: the next member may use a part's padding", "[budget]") {
  STATIC_REQUIRE(sizeof(tailed) == 8);
  STATIC_REQUIRE(sizeof(holder) == 8);
}
