// SPDX-License-Identifier: BSL-1.0
#include "mote/recall/evict.hpp"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "mote/core/rng.hpp"
#include "mote/recall/bm25.hpp"
#include "mote/recall/flat.hpp"
#include "mote/recall/fuse.hpp"
#include "mote/recall/parts.hpp"
#include "mote/recall/recent.hpp"
#include "mote/store/record_writer.hpp"

namespace {

using mote::item_id;
using mote::status;

struct longest_goes {  // a policy of a user's own
  static float worth(const mote::item_use& u) { return -static_cast<float>(u.bytes); }
};
template <class Policy>
using store_by = mote::evicting_store<mote::item_store<6, 8>, Policy>;
static_assert(mote::keeps_items<store_by<mote::least_used>> && mote::keeps_items<store_by<longest_goes>>);
static_assert(sizeof(mote::evicting_store<mote::item_store<64, 96>, mote::least_used>) == 64 * 108 + 12);

/// What the store should hold, without rows: a list of texts in which worth is computed in double.
struct kept {
  std::uint32_t id;
  std::string text;
  std::uint32_t times;
};
struct plain {
  std::vector<kept> all{};  // the oldest first
  std::uint32_t last = 0;
  double (*worth)(double times, double age, double bytes);

  void add(const std::string& text, const std::string& around) {
    const auto there = std::find_if(all.begin(), all.end(), [&](const kept& k) { return k.text == text; });
    if (there != all.end()) {
      const kept again{++last, text, there->times};
      all.erase(there);
      all.push_back(again);
      return;
    }
    const auto bytes = [&] {
      std::size_t n = 0;
      for (const kept& k : all) n += k.text.size();
      return n;
    };
    while (all.size() == 6 || bytes() + text.size() > 48) {
      std::size_t least = all.size();
      float lowest = 0;
      for (std::size_t i = 0; i < all.size(); ++i) {
        const float w = static_cast<float>(  // two that differ by less are equal
            worth(all[i].times, last - all[i].id, static_cast<double>(all[i].text.size())));
        if (all[i].text == around || (least != all.size() && !(w < lowest))) continue;
        least = i;
        lowest = w;
      }
      if (least == all.size()) least = 0;  // the text in which the new one lies is alone
      all.erase(all.begin() + static_cast<std::ptrdiff_t>(least));
    }
    all.push_back({++last, text, 0});
  }
};

template <class Policy>
void as_a_plain_list(double (*worth)(double, double, double)) {
  store_by<Policy> s;
  plain wanted{.worth = worth};
  mote::rng random(5);
  std::size_t gone_from_the_middle = 0, parts = 0, alone = 0, kept_uses = 0;
  for (int round = 0; round < 30'000; ++round) {
    const std::uint32_t what = random.below(8);
    if (what < 3 && s.size() != 0) {
      const std::size_t place = random.below(static_cast<std::uint32_t>(s.size()));
      if (what == 0) {
        s.erase(s.row(place));
        wanted.all.erase(wanted.all.begin() + static_cast<std::ptrdiff_t>(place));
      } else {
        s.used(s.row(place));
        ++wanted.all[place].times;
      }
    } else {
      std::string text = std::to_string(random.below(15)) + std::string(random.below(round % 16 == 0 ? 47 : 14), 'x');
      std::string around;
      std::string_view given = text;
      if (s.size() != 0 && random.below(4) == 0) {  // a part of a text of the store, or all of it
        given = s.text(s.row(random.below(static_cast<std::uint32_t>(s.size()))));
        around = given;
        given = given.substr(random.below(static_cast<std::uint32_t>(given.size())));
        given = given.substr(0, 1 + random.below(static_cast<std::uint32_t>(given.size())));
        text = given;
        parts += text != around ? 1 : 0;
      }
      const auto before = wanted.all;
      wanted.add(text, around);
      std::vector<std::string> gone;
      const std::size_t row = s.add(given, [&](std::size_t at) { gone.emplace_back(s.text(at)); });
      REQUIRE(s.text(row) == text);
      for (const std::string& g : gone) {
        const bool again = g == text;
        const auto left = [&](const kept& k) { return k.text == g; };
        REQUIRE(std::none_of(wanted.all.begin(), wanted.all.end(), left) != again);
        gone_from_the_middle += !again && !before.empty() && before.front().text != g ? 1 : 0;
        alone += !again && g == around ? 1 : 0;
        kept_uses += again && wanted.all.back().times != 0 ? 1 : 0;
      }
    }
    REQUIRE(s.size() == wanted.all.size());
    for (std::size_t place = 0; place < s.size(); ++place) {
      REQUIRE(s.text(s.row(place)) == wanted.all[place].text);
      REQUIRE(s.id(s.row(place)) == item_id{wanted.all[place].id});
    }
  }
  REQUIRE(gone_from_the_middle > 100);
  REQUIRE(parts > 100);
  REQUIRE(alone > 10);
  REQUIRE(kept_uses > 100);
}

using notes = mote::evict<mote::bm25<mote::bm25_knobs{.items = 4, .item_bytes = 32}>>::index;

bool has(const auto& m, std::string_view text) {
  bool found = false;
  m.for_each([&](item_id, std::string_view t) { found = found || t == text; });
  return found;
}

}  // namespace

TEST_CASE("evict: the text of the least worth goes, as in a plain list, and one whose part is added goes last",
          "[recall][evict]") {
  as_a_plain_list<mote::least_used>([](double times, double age, double) { return (times + 1) / (age + 1); });
  as_a_plain_list<mote::least_used_a_byte>([](double times, double age, double bytes) {
    return static_cast<double>(static_cast<float>((times + 1) / (age + 1))) / bytes;
  });
  as_a_plain_list<longest_goes>([](double, double, double bytes) { return -bytes; });
}

TEST_CASE("evict: a memory keeps what was of use, and forgets uses with their text", "[recall][evict]") {
  notes m;
  REQUIRE(m.add("the boiler code is 1234") == status::ok);
  const item_id boiler = m.newest();
  for (const char* const text : {"a walk in the park", "rain on monday", "the cat slept"})
    REQUIRE(m.add(text) == status::ok);
  m.used(boiler);
  m.used(boiler);
  m.used(item_id{77});  // nobody
  REQUIRE(m.add("bread and milk") == status::ok);
  REQUIRE(has(m, "the boiler code is 1234"));
  REQUIRE_FALSE(has(m, "a walk in the park"));

  REQUIRE(m.erase(boiler));  // its row is taken by the next, without its uses
  REQUIRE(m.add("a new year") == status::ok);
  const item_id year = m.newest();
  for (const char* const text : {"one more", "two more", "three more", "four more"}) REQUIRE(m.add(text) == status::ok);
  REQUIRE(m.text(year).empty());
}

TEST_CASE("evict: a use counts no further than 65,535 times", "[recall][evict]") {
  notes m;
  REQUIRE(m.add("often asked") == status::ok);
  for (int i = 0; i < 65'536; ++i) m.used(m.newest());  // one more would be none
  for (const char* const text : {"b", "c", "d", "e"}) REQUIRE(m.add(text) == status::ok);
  REQUIRE(has(m, "often asked"));
}

TEST_CASE("evict: what was of use is saved, and records without it load", "[recall][evict]") {
  notes m;
  for (const char* const text : {"kitchen light", "garden gate", "cellar door", "attic lamp"})
    REQUIRE(m.add(text) == status::ok);
  m.for_each([&](item_id id, std::string_view text) {
    for (int i = 0; i < 3 && (text == "kitchen light" || text == "cellar door"); ++i) m.used(id);
  });
  std::vector<std::byte> saved_bytes(mote::records_bytes(m));
  REQUIRE(mote::write_records(m, saved_bytes) == status::ok);
  for (std::size_t room = 0; room < saved_bytes.size(); ++room) {
    std::vector<std::byte> small(room);
    REQUIRE(mote::write_records(m, small) == status::full);
  }
  const std::span<const std::byte> saved = saved_bytes;

  notes other;
  REQUIRE(other.load(saved) == status::ok);
  for (notes* const each : {&m, &other}) {
    REQUIRE(each->add("north window") == status::ok);
    REQUIRE(each->add("south window") == status::ok);
    REQUIRE(has(*each, "kitchen light"));
    REQUIRE(has(*each, "cellar door"));
    REQUIRE_FALSE(has(*each, "garden gate"));
  }

  const std::size_t texts = saved.size() - (mote::record_header_bytes + 4 * 2);
  REQUIRE(other.load(saved.first(texts)) == status::ok);  // of a memory that forgets the oldest
  REQUIRE(other.add("north window") == status::ok);
  REQUIRE_FALSE(has(other, "kitchen light"));

  for (std::size_t cut = 0; cut < saved.size(); ++cut)
    if (cut != texts) REQUIRE(other.load(saved.first(cut)) != status::ok);
  std::vector<std::byte> hostile(saved.begin(), saved.end());
  hostile[texts + 2] = std::byte{6};  // uses of three texts
  REQUIRE(other.load(std::span(hostile).first(saved.size() - 2)) == status::wrong_size);
  hostile.assign(saved.begin(), saved.end());
  hostile.insert(hostile.end(), saved.begin() + static_cast<std::ptrdiff_t>(texts), saved.end());
  REQUIRE(other.load(hostile) == status::wrong_size);  // twice
  REQUIRE(has(other, "north window"));
}

TEST_CASE("evict: around other retrievers", "[recall][evict]") {
  constexpr mote::flat_knobs of_vectors{.items = 4, .item_bytes = 32};
  constexpr mote::recent_knobs of_age{.items = 4, .item_bytes = 32};
  static mote::evict<mote::fuse<mote::flat<of_vectors>, mote::recent<of_age>>, longest_goes>::index m;
  for (const char* const text : {"a", "bb", "cccc", "ddd", "e"}) REQUIRE(m.add(text) == status::ok);
  REQUIRE_FALSE(has(m, "cccc"));
  using larger = mote::evict<mote::bm25<>>::with_items<7>;
  static_assert(larger::items == 7 && mote::retriever<larger>);
}
