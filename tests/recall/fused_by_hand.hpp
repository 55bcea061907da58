// SPDX-License-Identifier: BSL-1.0
// What tests of fuse<> share: notes of few words, a search, and how far a hit stands above the last.
// Refuses to know a retriever.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "mote/core/rng.hpp"
#include "mote/recall/retrieve.hpp"

namespace fused_by_hand {

inline std::string random_text(mote::rng& random) {
  static constexpr std::string_view pieces[] = {"boiler ", "boilers ", "code ",   "coded ", "window ", "the ",
                                                "is ",     "7731 ",    "winter ", "wine ",  "x "};
  std::string t;
  for (std::uint32_t n = 1 + random.below(6); n > 0; --n) t += pieces[random.below(11)];
  return t;
}

std::vector<mote::hit> search(const auto& index, std::string_view query, std::size_t most) {
  std::vector<mote::hit> hits(most);
  hits.resize(index.search(query, hits));
  return hits;
}

/// What a hit is above the last of a full list of 16, or above 0; 1 is the best.
inline double above_last(const mote::hit& h, const std::vector<mote::hit>& all) {
  const double floor = all.size() == 16 ? static_cast<double>(all.back().score) : 0.0;
  const double range = static_cast<double>(all.front().score) - floor;
  return range > 0.0 ? (static_cast<double>(h.score) - floor) / range : 1.0;
}

}  // namespace fused_by_hand
