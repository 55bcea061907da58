// SPDX-License-Identifier: BSL-1.0
#include "mote/recall/ngrams.hpp"

#include <array>
#include <catch2/catch_test_macros.hpp>
#include <cstdint>
#include <string>

#include "mote/core/rng.hpp"
#include "mote/recall/rag.hpp"

using mote::hit;
using mote::item_id;
using mote::ngrams_knobs;
using mote::status;

namespace {

static_assert(mote::retriever<mote::ngrams<>>);
static_assert(mote::ngrams<>::ram_bytes == sizeof(mote::ngrams<>::store));
static_assert(mote::ngrams<>::stack_bytes >= 2 * sizeof(mote::int8_vector<1024>));
static_assert(!ngrams_knobs{.items = 0}.valid() && !ngrams_knobs{.dims = 6}.valid() &&
              !ngrams_knobs{.gram = 1}.valid());
static_assert(!ngrams_knobs{.least = 1.0F}.valid() && ngrams_knobs{.items = 1'000'000}.valid());

using kept = mote::flat<mote::flat_knobs{.items = 40, .item_bytes = 24, .dims = 128, .least = 0.1F}>;
using read_again = mote::ngrams<ngrams_knobs{.items = 40, .item_bytes = 24, .dims = 128, .least = 0.1F}>;

}  // namespace

TEST_CASE("ngrams: the hits and scores of flat<>, without its vectors", "[recall]") {
  static kept::index flat;
  static read_again::index ngrams;
  mote::rng random(11);
  const auto random_text = [&] {
    std::string t;
    for (std::uint32_t n = 1 + random.below(30); n > 0; --n) t += "abcde e"[random.below(7)];
    return t;
  };
  std::array<hit, 6> a, b;
  for (int change = 0; change < 1'000; ++change) {
    const std::string text = random_text();
    REQUIRE(flat.add(text) == ngrams.add(text));
    if (change % 5 == 0) {
      const item_id gone{static_cast<std::uint32_t>(flat.newest()) - random.below(20)};
      REQUIRE(flat.erase(gone) == ngrams.erase(gone));
    }
    const std::string question = random_text();
    const std::size_t found = flat.search(question, a);
    REQUIRE(ngrams.search(question, b) == found);
    for (std::size_t i = 0; i < found; ++i) REQUIRE((a[i].id == b[i].id && a[i].score == b[i].score));
  }
}

TEST_CASE("ngrams: what has no letters is refused", "[recall]") {
  static mote::ngrams<>::index notes;
  CHECK(notes.add("...") == status::empty);
  CHECK(notes.add(std::string(128 * 96 + 1, 'x')) == status::too_long);
  CHECK(notes.size() == 0);
}
