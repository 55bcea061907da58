// SPDX-License-Identifier: BSL-1.0
#include "mote/recall/mmr.hpp"

#include <algorithm>
#include <array>
#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <set>
#include <string>
#include <vector>

#include "mote/core/rng.hpp"
#include "mote/recall/bm25.hpp"
#include "mote/recall/flat.hpp"

using mote::hit;
using mote::item_id;
using mote::mmr_knobs;
using mote::status;

namespace {

using letters = mote::flat<mote::flat_knobs{.items = 40, .item_bytes = 40, .dims = 64}>;
static_assert(mote::retriever<mote::mmr<letters>> && mote::mmr<letters>::ram_bytes == letters::ram_bytes);
static_assert(mmr_knobs{.relevance = 0}.valid() && !mmr_knobs{.relevance = 1.1F}.valid() &&
              !mmr_knobs{.depth = 0}.valid());

std::set<std::string> words_of(std::string_view text) {
  std::set<std::string> all;
  std::string word;
  for (const char c : std::string(text) + " ") {
    if (c != ' ') word += c;
    else if (!word.empty()) all.insert(word), word.clear();
  }
  return all;
}
double alike(std::string_view a, std::string_view b) {
  const auto x = words_of(a), y = words_of(b);
  std::set<std::string> any = x;
  any.insert(y.begin(), y.end());
  return static_cast<double>(x.size() + y.size() - any.size()) / static_cast<double>(any.size());
}

/// As the formula has it, over all that the retriever finds, in double.
template <mmr_knobs Knobs>
void same_as_formula() {
  static letters::index plain;
  static typename mote::mmr<letters, Knobs, mote::words<>>::index ours;
  mote::rng random(6);
  std::vector<hit> all(Knobs.depth);
  for (int round = 0; round < 10'000; ++round) {
    std::string text;
    for (std::uint32_t n = 2 + random.below(5); n > 0; --n) text += "w" + std::to_string(random.below(9)) + " ";
    if (random.below(4) == 0 && plain.size() > 0) {
      REQUIRE(ours.erase(ours.newest()));
      REQUIRE(plain.erase(plain.newest()));
      continue;
    }
    REQUIRE(plain.add(text) == ours.add(text));
    if (round % 25 != 0) continue;
    const std::size_t count = plain.search("w1 w2 w3 w4", all);
    std::vector<hit> left(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(count));
    std::array<hit, 6> hits;
    const std::size_t found = ours.search("w1 w2 w3 w4", hits);
    REQUIRE(found == std::min<std::size_t>(count, 6));
    const double top = count != 0 ? static_cast<double>(all[0].score) : 1.0;
    std::vector<std::string> taken;
    for (std::size_t i = 0; i < found; ++i) {
      const auto value = [&](const hit& h) {
        double most = 0.0;
        for (const std::string& t : taken) most = std::max(most, alike(t, plain.text(h.id)));
        const auto relevance = static_cast<double>(Knobs.relevance);
        return relevance * static_cast<double>(h.score) / top - (1.0 - relevance) * most;
      };
      double best = -2.0;
      for (const hit& h : left) best = std::max(best, value(h));
      const auto at = std::find_if(left.begin(), left.end(), [&](const hit& h) { return h.id == hits[i].id; });
      REQUIRE(at != left.end());
      REQUIRE(value(*at) > best - 1e-5);  // the best of what was left
      REQUIRE(std::abs(static_cast<double>(hits[i].score) - value(*at)) < 1e-5);
      taken.emplace_back(plain.text(at->id));
      left.erase(at);
    }
  }
}

}  // namespace

TEST_CASE("mmr: each hit is the best of the formula, through ten thousand changes", "[recall][mmr]") {
  same_as_formula<mmr_knobs{}>();
  same_as_formula<mmr_knobs{.depth = 40, .relevance = 0.3F}>();
  same_as_formula<mmr_knobs{.depth = 3, .relevance = 0.0F}>();
  same_as_formula<mmr_knobs{.relevance = 1.0F}>();
}

TEST_CASE("mmr: nearly the same text does not take a second place", "[recall][mmr]") {
  static letters::index plain;
  static mote::mmr<letters>::index ours;
  for (const char* text : {"The boiler code is 1234.", "The code of the boiler: 1234", "The boiler was repaired."}) {
    REQUIRE(plain.add(text) == status::ok);
    REQUIRE(ours.add(text) == status::ok);
  }
  std::array<hit, 2> hits;
  REQUIRE(plain.search("the boiler code", hits) == 2);
  CHECK(plain.text(hits[1].id) != "The boiler was repaired.");
  REQUIRE(ours.search("the boiler code", hits) == 2);
  CHECK(ours.text(hits[1].id) == "The boiler was repaired.");
}
