// SPDX-License-Identifier: BSL-1.0
// A stretch of a test under the guards of all arenas, with one pattern or with none; afterwards they are as usual.
// Refuses to compile where the guards are off: this program is built with MOTE_POISON_ARENA=1, all of it.
#pragma once

#include <cstddef>

#include "mote/core/arena_guard.hpp"

static_assert(MOTE_POISON_ARENA == 1);

namespace mote_tests {

/// 0xFF: not a number. 0x7F: the largest floats, which a comparison lets through where it drops what is not a number.
/// 0x00: what memory holds in a new process. -1: the guards are off.
inline constexpr int patterns[] = {-1, 0xFF, 0x7F, 0x00};

class watched {
 public:
  explicit watched(int pattern = 0xFF) {
    mote::arena_watch::on = pattern >= 0;
    mote::arena_watch::pattern = static_cast<unsigned char>(pattern);
    mote::arena_watch::faults = 0;
  }
  watched(const watched&) = delete;
  watched& operator=(const watched&) = delete;
  ~watched() {
    mote::arena_watch::on = true;
    mote::arena_watch::pattern = 0xFF;
  }
  std::size_t faults() const { return mote::arena_watch::faults; }
};

}  // namespace mote_tests
