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
static_assert(sizeof(mote::item_store<64, 96>) == 64 * 106 + 12);
static_assert(sizeof(mote::item_store<70'000, 16>) == 70'000 * 32 + 12);
static_assert(store::max_item_bytes == 40);  // one text may take what all share
static_assert(store::fits(std::string_view("12345678901234567890123456789012345678901", 40)) == status::ok);
static_assert(store::fits("12345678901234567890123456789012345678901") == status::too_long);
static_assert(store::fits("") == status::empty);

constinit mote::item_store<2, 65'535> of_long_texts;

constinit store in_bss;  // no constructor runs at start-up

struct kept_text {
  item_id id;
  std::string text;
  std::size_t row;
};

std::size_t add(auto& s, std::string_view text) {
  return s.add(text, [](std::size_t) {});
}

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

TEST_CASE("item_store: a text keeps its row, the oldest go until a new one has room, one said again is the newest",
          "[recall][item_store]") {
  store& s = in_bss;
  std::vector<kept_text> wanted;  // the oldest first
  mote::rng random(1);
  std::uint32_t last = 0;
  const auto bytes = [&] {
    std::size_t all = 0;
    for (const kept_text& k : wanted) all += k.text.size();
    return all;
  };
  int evicted_by_bytes = 0, parts_of_the_evicted = 0;
  for (int round = 0; round < 20'000; ++round) {
    if (random.below(4) == 0 && !wanted.empty()) {
      const auto gone = wanted.begin() + random.below(static_cast<std::uint32_t>(wanted.size()));
      s.erase(gone->row);
      wanted.erase(gone);
    } else {
      std::string text = std::to_string(random.below(12)) + std::string(random.below(16), 'x');
      std::string_view given = text;
      if (!wanted.empty() && random.below(3) == 0) {  // a text that lies in the store, or a part of one
        const auto& of = wanted[random.below(static_cast<std::uint32_t>(wanted.size()))];
        given = s.text(of.row).substr(random.below(static_cast<std::uint32_t>(of.text.size())));
        given = given.substr(0, 1 + random.below(static_cast<std::uint32_t>(given.size())));
        text = given;
      }
      std::vector<std::size_t> expected_gone;
      const auto same_text = [&](const kept_text& k) { return k.text == text; };
      if (const auto old = std::find_if(wanted.begin(), wanted.end(), same_text); old != wanted.end()) {
        expected_gone.push_back(old->row);
        wanted.erase(old);
      } else {
        while (wanted.size() == store::capacity || bytes() + text.size() > store::max_item_bytes) {
          evicted_by_bytes += wanted.size() < store::capacity ? 1 : 0;
          parts_of_the_evicted += given.data() == text.data() || wanted.front().text.find(text) == text.npos ? 0 : 1;
          expected_gone.push_back(wanted.front().row);
          wanted.erase(wanted.begin());
        }
      }
      std::vector<std::size_t> gone;
      const std::size_t row = s.add(given, [&](std::size_t r) {
        REQUIRE(!s.text(r).empty());  // it is still there
        gone.push_back(r);
      });
      REQUIRE(gone == expected_gone);
      wanted.push_back({item_id{++last}, text, row});
    }
    same(s, wanted);
  }
  CHECK((evicted_by_bytes > 500 && parts_of_the_evicted > 100));
}

TEST_CASE("item_store: nothing is left of what is erased", "[recall][item_store]") {
  static store s;
  const auto memory = [] { return std::string_view(reinterpret_cast<const char*>(&s), sizeof s); };
  const std::size_t row = add(s, "secret!!");
  CHECK(memory().find("secret!!") != std::string_view::npos);
  s.erase(row);
  CHECK(memory().find("secret") == std::string_view::npos);
  for (const char* text : {"secret!!", "1", "2", "3", "4", "5"}) add(s, text);  // evicted by a shorter one
  CHECK(memory().find("ecret") == std::string_view::npos);
  add(s, "secret!!");
  add(s, s.text(s.row(4)).substr(1, 3));  // a part of it; then all go for a long one
  add(s, std::string(38, 'y'));
  CHECK(memory().find("cr") == std::string_view::npos);
  s.erase(s.row(0));
  CHECK(memory().find_first_of("yecrt") == std::string_view::npos);
}

TEST_CASE("item_store: the longest text is kept whole", "[recall][item_store]") {
  const std::string longest(2 * 65'535, 'x');
  add(of_long_texts, "short");
  const std::size_t row = add(of_long_texts, longest);
  CHECK(of_long_texts.size() == 1);
  CHECK(of_long_texts.text(row) == longest);
  CHECK(of_long_texts.fits(longest + 'x') == status::too_long);
  of_long_texts.erase(row);
  CHECK(of_long_texts.size() == 0);
}

TEST_CASE("item_store: its records say each text once, and go into a store of another size", "[recall][item_store]") {
  static store s;
  static mote::item_store<9, 20> larger;
  for (const char* text : {"one", "two", "three"}) add(s, text);
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
  CHECK(larger.id(add(larger, "new")) == item_id{4});

  CHECK(mote::item_store<1, 20>::check(records, any) == status::wrong_size);
  CHECK(mote::item_store<2, 2>::check(records, any) == status::too_long);
  CHECK(mote::item_store<2, 3>::check(records, any) == status::wrong_size);  // each by itself, not both
  CHECK(mote::item_store<2, 4>::check(records, any) == status::ok);
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
