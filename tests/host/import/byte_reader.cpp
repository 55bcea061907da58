// SPDX-License-Identifier: BSL-1.0
#include "mote/host/import/byte_reader.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <limits>
#include <vector>

namespace host = mote::host;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::MessageMatches;

TEST_CASE("byte_reader: numbers and bytes one behind another, counted", "[host][byte_reader]") {
  const std::vector<std::byte> bytes{std::byte{1}, std::byte{2}, std::byte{0},
                                     std::byte{0}, std::byte{0}, std::byte{7}};
  const std::filesystem::path file = "some.bin";
  host::detail::byte_reader in(bytes, file);
  CHECK(in.left() == 6);
  CHECK(in.number<std::uint8_t>("a byte") == 1);
  CHECK(in.number<std::uint32_t>("a word") == 2);
  CHECK(in.done() == 5);
  CHECK(in.take(1, "the last")[0] == std::byte{7});
  CHECK(in.left() == 0);
  CHECK(in.take(0, "nothing").empty());
}

TEST_CASE("byte_reader: what is missing is named, and nothing is taken", "[host][byte_reader]") {
  const std::vector<std::byte> bytes(5);
  const std::filesystem::path file = "some.bin";
  host::detail::byte_reader in(bytes, file);
  (void)in.take(3, "the head");
  for (const std::uint64_t n : {std::uint64_t{3}, std::numeric_limits<std::uint64_t>::max()})
    CHECK_THROWS_MATCHES(
        in.take(n, "the tail"), std::exception,
        MessageMatches(ContainsSubstring("some.bin") &&
                       ContainsSubstring("the tail needs " + std::to_string(n) + " bytes at offset 3, found 2")));
  CHECK(in.done() == 3);
  CHECK(in.left() == 2);
}
