// SPDX-License-Identifier: BSL-1.0
#include "mote/recall/hit.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <vector>

#include "mote/core/rng.hpp"

TEST_CASE("hit: the best of any order of offers, equal scores newest first", "[recall]") {
  mote::rng random(3);
  for (const std::size_t room : {0U, 1U, 2U, 3U, 7U, 40U})
    for (int turn = 0; turn < 50; ++turn) {
      std::vector<mote::hit> offered;
      for (std::uint32_t id = 1; id <= 20; ++id)  // few scores, so that many are equal
        offered.push_back({mote::item_id{id}, static_cast<float>(random.below(5)) - 2.0F});
      for (std::size_t i = offered.size(); i > 1; --i)
        std::swap(offered[i - 1], offered[random.below(static_cast<std::uint32_t>(i))]);
      std::vector<mote::hit> kept(room + 1, {mote::item_id{99}, 99});
      mote::best_hits best{std::span(kept).first(room)};
      for (const mote::hit& h : offered)
        if (turn % 2 == 0 || h.score >= best.bar()) best.offer(h.id, h.score);

      std::sort(offered.begin(), offered.end(), [](const mote::hit& a, const mote::hit& b) {
        return a.score != b.score ? a.score > b.score : a.id > b.id;
      });
      REQUIRE(best.found() == std::min(room, offered.size()));
      for (std::size_t i = 0; i < best.found(); ++i) {
        REQUIRE(kept[i].id == offered[i].id);
        REQUIRE(kept[i].score == offered[i].score);
      }
      CHECK(kept[room].score == 99);  // nothing is written behind the room
    }
}
