// SPDX-License-Identifier: BSL-1.0
// The memory that a store, an embedder and an index make together, with an embedder and an index of the test's own.
#include "mote/recall/retrieve.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "mote/recall/item_store.hpp"
#include "mote/store/record_writer.hpp"

namespace {

using mote::item_id;
using mote::status;

/// A text is its first letter; one that begins with '!' has no features.
struct initial {
  using item = char;
  using query = char;
  static constexpr std::size_t stack_bytes = 7;
  static status embed(std::string_view text, item& out) {
    if (text.front() == '!') return status::bad_utf8;
    out = text.front();
    return status::ok;
  }
  static status ask(std::string_view text, query& out) {
    if (text.empty()) return status::empty;
    return embed(text, out);
  }
};
/// Scores a text by how often its row was added; for the test of what is called when.
struct letters {
  static constexpr std::size_t stack_bytes = 3;
  std::array<char, 3> of_row{};
  void add(std::size_t row, char c) { of_row[row] = c; }
  void remove(std::size_t row) { of_row[row] = 0; }
  template <class Items>
  void search(char c, const Items& items, mote::best_hits& best) const {
    for (std::size_t place = 0; place < items.size(); ++place)
      if (of_row[items.row(place)] == c) best.offer(items.id(items.row(place)), 1);
  }
};
using memory = mote::retrieve<mote::item_store<3, 8>, initial, letters>;
using kept = memory::index;

std::vector<std::string> found(const kept& m, std::string_view question) {
  std::array<mote::hit, 4> hits;
  std::vector<std::string> texts;
  const std::size_t count = m.search(question, hits);
  for (std::size_t i = 0; i < count; ++i) texts.emplace_back(m.text(hits[i].id));
  return texts;
}
using list = std::vector<std::string>;

}  // namespace

TEST_CASE("retrieve: a text is found by its features, newest first, until it is forgotten", "[recall]") {
  kept m;
  CHECK(m.newest() == item_id::none);
  REQUIRE(m.add("apple") == status::ok);
  REQUIRE(m.add("bread") == status::ok);
  REQUIRE(m.add("avocado1") == status::ok);
  CHECK(found(m, "a") == list{"avocado1", "apple"});
  CHECK(m.text(m.newest()) == "avocado1");
  REQUIRE(m.add("cake") == status::ok);  // the oldest goes, and its features with it
  CHECK(found(m, "a") == list{"avocado1"});
  REQUIRE(m.add("bread") == status::ok);  // said again: one item, the newest
  CHECK((m.size() == 3 && m.text(m.newest()) == "bread" && found(m, "b") == list{"bread"}));
  const item_id bread = m.newest();
  CHECK(m.erase(bread));
  CHECK(!m.erase(bread));
  CHECK((found(m, "b").empty() && m.text(bread).empty() && m.size() == 2));
  m.clear();
  CHECK((m.size() == 0 && found(m, "c").empty() && m.newest() == item_id::none));
}

TEST_CASE("retrieve: what store or embedder refuse changes nothing", "[recall]") {
  kept m;
  REQUIRE(m.add("apple") == status::ok);
  CHECK(m.add("") == status::empty);
  CHECK(m.add("a text that is too long for it") == status::too_long);
  CHECK(m.add("!") == status::bad_utf8);
  CHECK((m.size() == 1 && m.text(m.newest()) == "apple"));
  CHECK(found(m, "").empty());
  CHECK(found(m, "!").empty());
}

TEST_CASE("retrieve: a snapshot has the texts, and their features are made again", "[recall]") {
  kept m, other;
  for (const char* text : {"apple", "bread", "avocado1"}) REQUIRE(m.add(text) == status::ok);
  std::vector<std::byte> saved(mote::records_bytes(m));
  REQUIRE(mote::write_records(m, saved) == status::ok);
  REQUIRE(other.add("cake") == status::ok);
  REQUIRE(other.load(saved) == status::ok);
  CHECK(found(other, "a") == list{"avocado1", "apple"});
  CHECK(found(other, "c").empty());
  list in_order;
  other.for_each([&](item_id, std::string_view text) { in_order.emplace_back(text); });
  CHECK(in_order == list{"apple", "bread", "avocado1"});
  const auto letter = std::find(saved.begin(), saved.end(), std::byte{'b'});  // of bread
  REQUIRE(letter != saved.end());
  *letter = std::byte{'!'};
  CHECK(m.load(saved) == status::bad_utf8);  // and nothing changes
  CHECK(found(m, "b") == list{"bread"});
}

/// The initial of a text; after so many passes each fails once more, as one behind a driver may.
struct flaky : initial {
  static inline std::size_t good = 1000;
  static status embed(std::string_view text, item& out) {
    if (good == 0) return status::io_error;
    --good;
    return initial::embed(text, out);
  }
};

TEST_CASE("retrieve: an embedder that fails while texts are loaded leaves none with the features of another",
          "[recall]") {
  mote::retrieve<mote::item_store<3, 8>, flaky, letters>::index m;
  for (const char* text : {"apple", "bread", "avocado1"}) REQUIRE(m.add(text) == status::ok);
  std::vector<std::byte> saved(mote::records_bytes(m));
  REQUIRE(mote::write_records(m, saved) == status::ok);
  flaky::good = 2;  // a check that fails: nothing changes
  CHECK((m.load(saved) == status::io_error && m.size() == 3));
  flaky::good = 5;
  CHECK((m.load(saved) == status::io_error && m.size() == 0));
  flaky::good = 1000;
  CHECK((m.load(saved) == status::ok && m.size() == 3));
}

TEST_CASE("retrieve: its costs are those of its parts", "[recall]") {
  STATIC_REQUIRE(mote::retriever<memory>);
  CHECK((memory::items == 3 && memory::max_item_bytes == 24 && memory::ram_bytes == sizeof(kept)));
  CHECK(memory::stack_bytes == 7 + (1 + 3));  // the embedder's, and a query with the index's
}
