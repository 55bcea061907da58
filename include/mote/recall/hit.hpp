// SPDX-License-Identifier: BSL-1.0
// The result of a search: ids of remembered texts with their scores, best first, equal scores newest first.
// Refuses memory of its own: the hits are in the caller's buffer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

#include "mote/config.hpp"

namespace mote::inline v0 {

/// Names one remembered text. A later text has a larger id. An id is not used twice, except after load(), or once
/// 4,294,967,295 ids were given.
enum class item_id : std::uint32_t { none = 0 };

/// One answer of a search. Scores of one search may be compared with each other, and with nothing else.
struct hit {
  item_id id = item_id::none;
  float score = 0.0F;
};

/// Collects the best hits of a search, offered in any order, in the caller's buffer.
class best_hits {
 public:
  explicit best_hits(std::span<hit> room) : room_(room) {}

  void offer(item_id id, float score) {
    std::size_t rank = found_;
    while (rank > 0 && (score > room_[rank - 1].score || (score == room_[rank - 1].score && id > room_[rank - 1].id)))
      --rank;
    if (rank == room_.size()) return;
    if (found_ < room_.size()) ++found_;
    for (std::size_t i = found_ - 1; i > rank; --i) room_[i] = room_[i - 1];
    room_[rank] = {.id = id, .score = score};
  }

  /// A lower score is not kept. A search that offers many asks first: where nearly all are lower, that is foreseen.
  float bar() const {
    return found_ == room_.size() && found_ != 0 ? room_[found_ - 1].score : std::numeric_limits<float>::lowest();
  }

  std::size_t found() const { return found_; }
  std::size_t most() const { return room_.size(); }  ///< more than these are not kept

 private:
  std::span<hit> room_;
  std::size_t found_ = 0;
};

}  // namespace mote::inline v0
