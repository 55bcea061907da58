// SPDX-License-Identifier: BSL-1.0
// A retriever that can be exact beside flat<>: the same hits with the same scores, through changes and a restart.
// Refuses texts of a collection: words are drawn.
#pragma once

#include <array>
#include <catch2/catch_test_macros.hpp>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mote/core/rng.hpp"
#include "mote/recall/flat.hpp"
#include "mote/store/record_writer.hpp"

namespace mote_tests {

inline std::string random_text(mote::rng& random) {
  std::string t;
  for (std::uint32_t n = 2 + random.below(9); n > 0; --n) t += "w" + std::to_string(random.below(300)) + " ";
  return t;
}

template <class Retriever, mote::flat_knobs Knobs>
void same_as_flat(int changes) {
  static typename Retriever::index ours;
  static typename mote::flat<Knobs>::index wanted;
  mote::rng random(2);
  std::array<mote::hit, 5> a, b;
  for (int change = 0; change < changes; ++change) {
    if (random.below(3) == 0 && ours.size() > 0) {
      std::vector<mote::item_id> ids;
      ours.for_each([&](mote::item_id id, std::string_view) { ids.push_back(id); });
      const mote::item_id gone = ids[random.below(static_cast<std::uint32_t>(ids.size()))];
      REQUIRE(ours.erase(gone));
      REQUIRE(wanted.erase(gone));
    } else {
      const std::string text = random_text(random);
      const mote::status s = ours.add(text);
      REQUIRE(wanted.add(text) == s);
    }
    if (change == changes / 2) {  // as after a restart: made again from the texts
      std::vector<std::byte> records(mote::records_bytes(ours));
      REQUIRE(mote::write_records(ours, records) == mote::status::ok);
      const auto cut = std::span(records).first(records.size() - 1);
      REQUIRE(ours.load(cut) == mote::status::truncated);  // nothing changes
      REQUIRE(ours.load(records) == mote::status::ok);
    }
    if (change % 20 != 0) continue;
    const std::string question = random_text(random);
    const std::size_t found = ours.search(question, a);
    REQUIRE(found == wanted.search(question, b));
    for (std::size_t i = 0; i < found; ++i) REQUIRE((a[i].id == b[i].id && a[i].score == b[i].score));
  }
  CHECK(ours.add("...") == mote::status::empty);
}

}  // namespace mote_tests
