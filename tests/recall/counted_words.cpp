// SPDX-License-Identifier: BSL-1.0
#include "mote/recall/counted_words.hpp"

#include <catch2/catch_test_macros.hpp>
#include <string>

#include "mote/recall/words.hpp"

namespace {

/// Gives the bytes of a text.
struct byte_reader {
  std::string_view rest{};
  constexpr byte_reader() = default;
  constexpr explicit byte_reader(std::string_view text) : rest(text) {}
  constexpr bool next(std::uint32_t& hash) {
    if (rest.empty()) return false;
    hash = static_cast<unsigned char>(rest.front());
    rest.remove_prefix(1);
    return true;
  }
};
using counted = mote::counted_words<byte_reader>;
static_assert(mote::counted_words<mote::words<>>::stack_bytes == sizeof(mote::words<>));

}  // namespace

TEST_CASE("counted_words: every word counts, however many there are", "[recall]") {
  counted::item item;
  for (const std::size_t n : {1U, 255U, 256U, 65'535U, 65'536U, 70'000U}) {
    REQUIRE(counted::embed(std::string(n, 'a'), item) == mote::status::ok);
    CHECK(item.length == n);
  }
  CHECK(counted::embed("", item) == mote::status::empty);
  CHECK(item.length == 0);  // nothing is left of the text before
  mote::counted_words<mote::words<>>::item by_words;
  CHECK(mote::counted_words<mote::words<>>::embed("... --", by_words) == mote::status::empty);
  CHECK(mote::counted_words<mote::words<>>::embed("The lamp, the LAMP", by_words) == mote::status::ok);
  CHECK(by_words.length == 4);
}

TEST_CASE("counted_words: a question is read word by word", "[recall]") {
  counted::query q;
  REQUIRE(counted::ask("ab", q) == mote::status::ok);
  std::uint32_t h = 0;
  REQUIRE(q.next(h));
  CHECK(h == 'a');
  REQUIRE(q.next(h));
  CHECK(h == 'b');
  CHECK(!q.next(h));
}
