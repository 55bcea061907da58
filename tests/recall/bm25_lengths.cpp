// SPDX-License-Identifier: BSL-1.0
#include "mote/recall/bm25_lengths.hpp"

#include <catch2/catch_test_macros.hpp>

using mote::bm25_knobs;

TEST_CASE("bm25's floors are knobs with bounds", "[recall][bm25][floor]") {
  STATIC_CHECK(mote::every_hit.valid() && bm25_knobs{.least = 1, .share = 1, .alike = 0}.valid());
  STATIC_CHECK(!bm25_knobs{.least = 1.01F}.valid() && !bm25_knobs{.least = -0.01F}.valid());
  STATIC_CHECK(!bm25_knobs{.share = 1.01F}.valid() && !bm25_knobs{.share = -0.01F}.valid());
  STATIC_CHECK(!bm25_knobs{.alike = 1.01F}.valid() && !bm25_knobs{.alike = -0.01F}.valid());
}

TEST_CASE("bm25's sizes are knobs with bounds", "[recall][bm25]") {
  STATIC_CHECK(!bm25_knobs{.items = 0}.valid() && !bm25_knobs{.item_bytes = 0}.valid());
  STATIC_CHECK(bm25_knobs{.items = 1'048'576}.valid() && !bm25_knobs{.items = 1'048'577}.valid());
  STATIC_CHECK(bm25_knobs{.items = 65'536, .item_bytes = 65'535}.valid());  // just below 4 GiB
  STATIC_CHECK(!bm25_knobs{.items = 65'538, .item_bytes = 65'535}.valid());
  STATIC_CHECK(!bm25_knobs{.item_bytes = 65'536}.valid() && !bm25_knobs{.words = 4097}.valid());
  STATIC_CHECK(bm25_knobs{}.most_postings() == 128 * 96 / 8 + 1);
  STATIC_CHECK(bm25_knobs{.words = 20}.most_postings() == 2560);
}
