// SPDX-License-Identifier: BSL-1.0
#include "mote/recall/recent.hpp"

#include <algorithm>
#include <array>
#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <deque>
#include <string>

#include "mote/core/rng.hpp"
#include "mote/recall/bm25.hpp"
#include "mote/recall/fuse.hpp"

using mote::hit;
using mote::item_id;
using mote::recent_knobs;
using mote::status;

namespace {

static_assert(mote::retriever<mote::recent<>>);
static_assert(mote::recent<>::ram_bytes == sizeof(mote::recent<>::store));
static_assert(!recent_knobs{.items = 0}.valid() && !recent_knobs{.half_life = 0}.valid());
static_assert(!recent_knobs{.item_bytes = 65'536}.valid() && recent_knobs{.half_life = 1}.valid());

template <std::size_t HalfLife>
void newest_first_through_changes() {
  constexpr recent_knobs knobs{.items = 70, .item_bytes = 12, .half_life = HalfLife};
  static typename mote::recent<knobs>::index index;
  std::deque<std::pair<item_id, std::string>> wanted;
  mote::rng random(HalfLife);
  std::array<hit, 80> hits;
  for (int change = 0; change < 10'000; ++change) {
    if (random.below(3) == 0 && !wanted.empty()) {
      const auto gone = wanted.begin() + random.below(static_cast<std::uint32_t>(wanted.size()));
      REQUIRE(index.erase(gone->first));
      wanted.erase(gone);
    } else {
      const std::string text = std::to_string(change);
      REQUIRE(index.add(text) == status::ok);
      wanted.emplace_back(index.newest(), text);
      if (wanted.size() > knobs.items) wanted.pop_front();
    }
    if (change % 16 != 0) continue;
    const std::size_t most = random.below(80);
    const std::size_t found = index.search("anything", std::span(hits).first(most));
    REQUIRE(found == std::min({most, wanted.size(), 20 * HalfLife}));
    for (std::size_t i = 0; i < found; ++i) {
      REQUIRE(hits[i].id == wanted[wanted.size() - 1 - i].first);
      const double score = std::exp2(-static_cast<double>(i) / static_cast<double>(HalfLife));
      REQUIRE(std::abs(static_cast<double>(hits[i].score) / score - 1.0) < 1e-5);
    }
  }
}

}  // namespace

TEST_CASE("recent: the newest first, half the score a half-life later, through ten thousand changes", "[recall]") {
  newest_first_through_changes<1>();
  newest_first_through_changes<3>();
  newest_first_through_changes<8>();
  newest_first_through_changes<1000>();
}

TEST_CASE("recent: fused with words, a text that has them is first and the newest next", "[recall]") {
  static mote::fuse<mote::bm25<>, mote::recent<>>::index notes;
  for (const char* text : {"The boiler's code is 7731.", "Milk is in the fridge.", "Ann likes tea."})
    REQUIRE(notes.add(text) == status::ok);
  std::array<hit, 2> hits;
  REQUIRE(notes.search("boiler code?", hits) == 2);
  CHECK(notes.text(hits[0].id) == "The boiler's code is 7731.");
  CHECK(notes.text(hits[1].id) == "Ann likes tea.");
  REQUIRE(notes.search("And why is that?", hits) == 2);  // no word is known
  CHECK(notes.text(hits[0].id) == "Ann likes tea.");
}
