// SPDX-License-Identifier: BSL-1.0
#include "mote/recall/piece_store.hpp"

#include <catch2/catch_test_macros.hpp>
#include <string_view>
#include <vector>

#include "mote/store/record_writer.hpp"

using mote::status;
using store = mote::piece_store<6, 10>;

static_assert(sizeof(store) == sizeof(mote::item_store<6, 10>));

TEST_CASE("piece_store: pieces of a note have consecutive ids, notes have not", "[recall][pieces]") {
  static store pieces;
  for (const char* text : {"one", "two "}) (void)pieces.add(text, true);
  (void)pieces.add("three", false);
  (void)pieces.add("four", true);
  REQUIRE(pieces.size() == 4);
  const auto note = pieces.note_at(2);
  CHECK(note.first == 1);
  CHECK(note.last == 3);
  CHECK(pieces.whole(note) == "two three");
  CHECK(pieces.whole(pieces.note_at(3)) == "four");
  CHECK(pieces.has_room(2, 44));
  CHECK(!pieces.has_room(3, 1));
  CHECK(!pieces.has_room(1, 45));
  pieces.renew(1, true);
  pieces.renew(1, false);
  CHECK(pieces.whole(pieces.note_at(1)) == "four");
  CHECK(pieces.whole(pieces.note_at(2)) == "two three");
}

TEST_CASE("piece_store: records that no store could have written are refused", "[recall][pieces]") {
  static store pieces;
  (void)pieces.add("one", true);
  (void)pieces.add("two", false);
  (void)pieces.add("three", true);
  std::vector<std::byte> kept(mote::records_bytes(pieces));
  REQUIRE(mote::write_records(pieces, kept) == status::ok);
  const auto all = [](std::string_view) { return status::ok; };
  const auto none_of = [](std::string_view word) {
    return [word](std::string_view text) { return text == word ? status::empty : status::ok; };
  };
  CHECK(store::check(kept, all) == status::ok);
  CHECK(store::check(kept, none_of("two")) == status::ok);  // the other piece has a word
  CHECK(store::check(kept, none_of("three")) == status::corrupt_payload);
  CHECK(store::check(std::span(kept).first(kept.size() - 1), all) == status::truncated);
  CHECK(mote::piece_store<2, 10>::check(kept, all) == status::wrong_size);
  const std::size_t first_id = 6 + 10 + 6;
  for (const unsigned id : {0U, 1U, 3U, 200U}) {
    auto broken = kept;
    broken[first_id] = static_cast<std::byte>(id);
    CHECK(store::check(broken, all) == status::corrupt_payload);
  }
  auto other_form = kept;
  other_form[6] = std::byte{3};
  CHECK(store::check(other_form, all) == status::wrong_version);
}
