// SPDX-License-Identifier: BSL-1.0
#include "mote/host/report/floor.hpp"

#include <algorithm>
#include <array>
#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <string>
#include <string_view>
#include <vector>

#include "mote/recall/bm25.hpp"
#include "mote/recall/flat.hpp"

using mote::host::area_of_floors;
using mote::host::floor_meter;
using mote::host::floor_that_loses;
using mote::host::part_below;
using mote::host::sureness;

namespace {

constexpr mote::bm25_knobs scan{.items = 64, .item_bytes = 64, .least = 0, .share = 0, .alike = 1};
constexpr mote::bm25_knobs lists{.items = 1025, .item_bytes = 64, .least = 0, .share = 0, .alike = 1};

template <class Memory>
void fill(Memory& memory) {
  for (const char* note :
       {"The boiler's service code is 7731.", "...", "The bins go out on Thursday.", "Ann likes tea."})
    CHECK(memory.add(note) == (note[0] != '.'));
}

}  // namespace

TEST_CASE("a floor loses what it was asked to, of the right texts", "[host][report]") {
  std::vector<float> right;
  for (int i = 100; i > 0; --i) right.push_back(static_cast<float>(i) / 100.0F);
  const float floor = floor_that_loses(right, 0.03);
  CHECK(floor == 0.04F);
  CHECK(std::abs(part_below(right, floor) - 0.03) < 1e-9);
  CHECK(floor_that_loses({}, 0.03) == 0.0F);
  CHECK(floor_that_loses({0.5F}, 1.0) == 0.5F);
}

TEST_CASE("the area is the chance that a right text is surer", "[host][report]") {
  const std::array<float, 3> right{0.3F, 0.5F, 0.5F};
  const std::array<float, 2> none{0.5F, 0.1F};
  CHECK(std::abs(area_of_floors(right, none) - (1.0 + 1.5 + 1.5) / 6.0) < 1e-9);
  CHECK(area_of_floors(right, {}) == 0.5);
  CHECK(area_of_floors(none, none) == 0.5);
}

TEST_CASE("a meter says how sure words are, by either index, and letters", "[host][report]") {
  floor_meter<mote::bm25<scan>> words;
  floor_meter<mote::bm25<lists>> of_lists;
  floor_meter<mote::flat<>> letters;
  fill(words);
  fill(of_lists);
  fill(letters);
  const std::array<std::size_t, 1> boiler{0}, bins{2};
  for (const char* question : {"What is the boiler code?", "Which code?", "Who won the match?", "bins on a thursday"}) {
    const sureness a = words.ask(question, boiler), b = of_lists.ask(question, boiler);
    CHECK(a.best == b.best);
    CHECK(a.right == b.right);
  }
  CHECK(words.ask("the boiler's code", bins).right == 0.0F);
  CHECK(words.ask("the boiler's code", boiler).right > words.ask("the boiler's colour and its code", boiler).right);
  CHECK(words.ask("Who won the match?", {}).best == 0.0F);
  CHECK(letters.ask("Bins go out on Thursday", bins).right > 0.8F);
}

TEST_CASE("a question of more than eight words is no less sure for its length", "[host][report]") {
  floor_meter<mote::bm25<scan>> words;
  for (const char* note : {"The boiler was repaired.", "Green tea is in the cupboard.", "Bins on Thursday."})
    REQUIRE(words.add(note));
  const auto sure_of = [&](int unknown) {  // each unknown word is worth as much as one that one text has
    std::string question = "boiler repaired";
    for (int i = 0; i < unknown; ++i) question += " q" + std::to_string(i);
    return words.ask(question, {}).best;
  };
  const float eight = sure_of(6);
  CHECK(sure_of(4) > 1.2F * eight);
  for (const int unknown : {7, 10, 30}) CHECK(std::abs(sure_of(unknown) - eight) < 1e-5F);
}

// As bm25.md says it, in doubles: each word of the notes stands once in one note.
TEST_CASE("how sure words are: their worth, their number, and names", "[host][report]") {
  constexpr std::array<std::string_view, 4> notes{"boiler cellar code 7731", "tea cupboard green Ann", "bins Thursday",
                                                  "key Ben mat porch"};
  floor_meter<mote::bm25<scan, mote::words<>>> meter;
  floor_meter<mote::bm25<lists, mote::words<>>> of_lists;
  for (const std::string_view note : notes) {
    REQUIRE(meter.add(note));
    REQUIRE(of_lists.add(note));
  }
  struct asked {
    std::string_view question;
    double found, words;  // of the surest note, which has four; of the question
    double names;         // 1, or a quarter
  };
  for (const asked& a : {
           asked{"boiler", 1, 1, 1.0},
           asked{"boiler code", 2, 2, 1.0},
           asked{"boiler code cellar 7731", 4, 4, 1.0},
           asked{"boiler code colour", 2, 3, 1.0},
           asked{"boiler code of Zoe", 2, 4, 0.25},
           asked{"boiler code of zoe", 2, 4, 1.0},
           asked{"boiler code cellar of Ann", 3, 5, 1.0},  // some note has the name
           asked{"green tea of Ann", 3, 4, 1.0},
           asked{"green tea of Zoe and ANN", 3, 6, 1.0},  // one of its names is enough
           asked{"Boiler code", 2, 2, 1.0},               // a question's first word is no name
           asked{"boiler code I X", 2, 4, 1.0},           // nor is a letter
           asked{"q1 q2 q3 q4 boiler code of Zoe", 2, 8, 0.25},
           asked{"q1 q2 q3 q4 q5 boiler code of Zoe", 2, 9, 1.0},  // a long question's names are not asked for
           asked{"q1 Zoe q3 q4 q5 q6 q7 q8 q9 boiler code", 2, 11, 1.0},
       }) {
    INFO(a.question);
    const double rarity = std::log(1.0 + (4.0 - 1.0 + 0.5) / (1.0 + 0.5));
    const double weight = 1.0 / (1.0 + 1.2 * (0.25 + 0.75 * 4.0 / (14.0 / 4.0)));
    const double wanted = rarity * weight * a.found / (rarity * std::min(a.words, 8.0)) * std::min(a.found, 3.0) /
                          std::min(a.words, 3.0) / (rarity / 4.0) * a.names;
    CHECK(std::abs(static_cast<double>(meter.ask(a.question, {}).best) - wanted) < 1e-5);
    CHECK(of_lists.ask(a.question, {}).best == meter.ask(a.question, {}).best);
  }
}

// The floor is what the retriever itself compares with.
TEST_CASE("a text is a hit exactly where it is as sure as `least`", "[host][report]") {
  floor_meter<mote::bm25<scan>> meter;
  static mote::bm25<mote::bm25_knobs{.items = 64, .item_bytes = 64, .least = 0.9F, .share = 0, .alike = 1}>::index
      notes;
  for (const char* note :
       {"The boiler's service code is 7731.", "The bins go out on Thursday.", "Ann likes green tea."}) {
    REQUIRE(meter.add(note));
    REQUIRE(notes.add(note) == mote::status::ok);
  }
  int hits = 0, silent = 0;
  for (const char* question :
       {"boiler", "boiler code", "boiler code of the garage", "tea", "green tea in the garage on Monday",
        "garage Thursday", "Ann", "bins out on Thursday", "service of a car in a garage in May"}) {
    std::array<mote::hit, 1> found;
    const bool is_hit = notes.search(question, found) == 1;
    CHECK(is_hit == (meter.ask(question, {}).best >= 0.9F));
    (is_hit ? hits : silent) += 1;
  }
  CHECK(hits >= 2);
  CHECK(silent >= 2);
}
