// SPDX-License-Identifier: BSL-1.0
// Who does the work of a kernel: the caller alone (single_thread, the default), or a team of threads (policy/threads.hpp).
// Refuses to split a sum: parts are ranges of rows, so the answer is the same whoever does them.
#pragma once

#include <cstddef>

#include "mote/config.hpp"
#include "mote/core/slots.hpp"

namespace mote::inline v0 {

/// Rows, tiles or heads: from first up to last, which is not of it.
struct part_range {
  std::size_t first = 0;
  std::size_t last = 0;
  constexpr std::size_t count() const { return last - first; }
  constexpr bool operator==(const part_range&) const = default;
};

/// What part `part` of `parts` does of `count` things: neighbours follow each other, sizes differ by one at most.
constexpr part_range part_of(std::size_t count, std::size_t part, std::size_t parts) {
  const std::size_t each = count / parts;
  const std::size_t more = count % parts;  // the first `more` parts do one more; count * part could wrap on 32 bits
  const std::size_t first = part * each + (part < more ? part : more);
  return {first, first + each + (part < more ? 1U : 0U)};
}

/// The default of the threads slot: the caller does everything. run(f) is f(0, 1), and melts away.
struct single_thread {
  using slot = slots::threads;
  static constexpr std::size_t parts = 1;

  struct team {
    static constexpr std::size_t parts = 1;
    static void start() {}
    static void stop() {}
    static constexpr std::size_t size() { return 1; }
    /// Whether work that reads this many bytes is worth sharing.
    static constexpr bool pays(std::size_t) { return false; }
    template <class F>
    MOTE_INLINE static constexpr void run(F&& f) {
      f(std::size_t{0}, std::size_t{1});
    }
  };
};

}  // namespace mote::inline v0
