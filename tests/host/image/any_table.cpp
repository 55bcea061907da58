// SPDX-License-Identifier: BSL-1.0
#include "mote/host/image/any_table.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstddef>
#include <span>
#include <vector>

#include "../../model/tokenizer_cases.hpp"
#include "mote/host/image/vocabulary_packer.hpp"

using mote::status;
using mote::host::any_table;

TEST_CASE("any table: either layout is checked as what it is", "[host][any_table]") {
  const auto plain = mote::host::pack_vocabulary({{"<s>", "</s>", " ", "a"}, {0, 0, -1, -2}}, {.bos = 0, .eos = 1});
  const auto hashed = mote::host::pack_token_table(mote_tests::byte_level_of({{"a", "b"}}));
  REQUIRE(any_table::check(plain) == status::ok);
  REQUIRE(any_table::check(hashed) == status::ok);
  CHECK(any_table{plain}.count() == 4);
  CHECK(any_table{hashed}.count() == 257);
  CHECK(any_table::check(plain, {.spoken = {.bos = 3, .eos = -1}}) == status::corrupt_vocabulary);
  CHECK(any_table::check(hashed, {.spoken = {.bos = 3, .eos = -1}}) == status::corrupt_vocabulary);
  CHECK(any_table::check(std::span(plain).first(31)) == status::truncated);
  CHECK(any_table::check(std::span(hashed).first(63)) == status::truncated);
  for (const std::byte kind : {std::byte{0}, std::byte{2}, std::byte{5}, std::byte{0xFF}}) {
    auto other = hashed;
    other[20] = kind;
    CHECK(any_table::check(other) != status::ok);
  }
}
