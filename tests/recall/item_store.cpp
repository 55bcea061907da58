// SPDX-License-Identifier: BSL-1.0
#include "mote/recall/item_store.hpp"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "mote/core/rng.hpp"
#include "mote/recall/parts.hpp"
#include "mote/store/record_writer.hpp"

namespace {

using mote::item_id;
using mote::status;
using store = mote::item_store<5, 8>;

static_assert(mote::keeps_items<store> && mote::keeps_items<mote::item_store<70'000, 16>>);
static_assert(sizeof(mote::item_store<64, 96>) == 64 * 104 + 8);
static_assert(store::fits("12345678") == status::ok && store::fits("123456789") == status::too_long);
static_assert(store::fits("") == status::empty);

// The longest text that a length of 16 bits counts; one byte more does not compile (tests/fail/item_store.cpp).
constinit mote::item_store<2, 65'535> of_long_texts;

constinit store in_bss;  // no constructor runs at start-up

struct kept_text {
  item_id id;
  std::string text;
  std::size_t row;
};

void same(const store& s, const std::vector<kept_text>& wanted) {
  REQUIRE(s.size() == wanted.size());
  std::set<std::size_t> rows;
  for (std::size_t place = 0; place < wanted.size(); ++place) {
    REQUIRE(s.row(place) == wanted[place].row);
    REQUIRE(s.id(s.row(place)) == wanted[place].id);
    REQUIRE(s.text(s.row(place)) == wanted[place].text);
    REQUIRE(s.find(wanted[place].id) == wanted[place].row);
    REQUIRE(wanted[place].row < store::capacity);
    REQUIRE(rows.insert(wanted[place].row).second);
  }
  REQUIRE(s.find(item_id::none) == store::capacity);
  REQUIRE(s.find(item_id{0xFFFFFFFF}) == store::capacity);
}

}  // namespace

TEST_CASE("item_store: a text keeps its row, the oldest gives its own, one said again is the newest",
          "[recall][item_store]") {
  store& s = in_bss;
  std::vector<kept_text> wanted;
  mote::rng random(1);
  std::uint32_t last = 0;
  for (int round = 0; round < 20'000; ++round) {
    if (random.below(4) == 0 && !wanted.empty()) {
      const auto gone = wanted.begin() + random.below(static_cast<std::uint32_t>(wanted.size()));
      s.erase(gone->row);
      wanted.erase(gone);
    } else {
      std::string text = std::to_string(random.below(12)) + std::string(random.below(6), 'x');
      auto old = std::find_if(wanted.begin(), wanted.end(), [&](const kept_text& k) { return k.text == text; });
      if (old == wanted.end() && wanted.size() == store::capacity) old = wanted.begin();
      std::string_view given = text;
      if (old != wanted.end() && random.below(2) == 0) {  // a part of a text that is about to go
        given = s.text(old->row).substr(random.below(static_cast<std::uint32_t>(old->text.size())));
        text = given;
        old = std::find_if(wanted.begin(), wanted.end(), [&](const kept_text& k) { return k.text == text; });
        if (old == wanted.end() && wanted.size() == store::capacity) old = wanted.begin();
      }
      const mote::placed_item placed = s.add(given);
      REQUIRE(placed.replaced == (old != wanted.end()));
      if (placed.replaced) {
        REQUIRE(placed.row == old->row);
        wanted.erase(old);
      }
      wanted.push_back({item_id{++last}, text, placed.row});
    }
    same(s, wanted);
  }
}

TEST_CASE("item_store: nothing is left of what is erased", "[recall][item_store]") {
  static store s;
  const auto memory = [] { return std::string_view(reinterpret_cast<const char*>(&s), sizeof s); };
  const std::size_t row = s.add("secret!!").row;
  CHECK(memory().find("secret!!") != std::string_view::npos);
  s.erase(row);
  CHECK(memory().find("secret") == std::string_view::npos);
  for (const char* text : {"secret!!", "1", "2", "3", "4", "5"}) s.add(text);  // evicted by a shorter one
  CHECK(memory().find("ecret") == std::string_view::npos);
}

TEST_CASE("item_store: the longest text is kept whole", "[recall][item_store]") {
  const std::string longest(65'535, 'x');
  const std::size_t row = of_long_texts.add(longest).row;
  CHECK(of_long_texts.text(row) == longest);
  CHECK(of_long_texts.fits(longest + 'x') == status::too_long);
  of_long_texts.erase(row);
  CHECK(of_long_texts.size() == 0);
}

TEST_CASE("item_store: its records say each text once, and go into a store of another size", "[recall][item_store]") {
  static store s;
  static mote::item_store<9, 20> larger;
  for (const char* text : {"one", "two", "three"}) s.add(text);
  s.erase(s.row(1));
  std::vector<std::byte> records(mote::records_bytes(s));
  CHECK(records.size() == 16 + (10 + 3) + (10 + 5));
  REQUIRE(mote::write_records(s, records) == status::ok);
  const auto any = [](std::string_view) { return status::ok; };
  REQUIRE(mote::item_store<9, 20>::check(records, any) == status::ok);
  std::vector<std::string> added;
  larger.load(records, [&](std::size_t row, std::string_view text) {
    CHECK(larger.text(row) == text);
    added.emplace_back(text);
  });
  CHECK(added == std::vector<std::string>{"one", "three"});
  CHECK(larger.id(larger.row(1)) == item_id{3});
  CHECK(larger.id(larger.add("new").row) == item_id{4});

  CHECK(mote::item_store<1, 20>::check(records, any) == status::wrong_size);
  CHECK(mote::item_store<9, 4>::check(records, any) == status::too_long);
  CHECK(store::check(records, [](std::string_view) { return status::empty; }) == status::corrupt_payload);
  CHECK(store::check(records, [](std::string_view) { return status::not_finite; }) == status::not_finite);

  // Bytes that nobody checked: what is whole is taken, and the rest ends it.
  for (std::size_t bytes = 0; bytes < records.size(); ++bytes) {
    static mote::item_store<9, 20> target;
    target = {};
    std::size_t texts = 0;
    target.load(std::span(records).first(bytes), [&](std::size_t, std::string_view) { ++texts; });
    CHECK(texts == (bytes < 16 + 13 ? 0U : 1U));
    CHECK(target.size() == texts);
  }

  // A sink that is full after any number of bytes: the store stops and says so.
  for (std::size_t room = 0; room < records.size(); ++room)
    CHECK(mote::write_records(s, std::span(records).first(room)) == status::full);
}
