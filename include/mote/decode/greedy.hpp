// SPDX-License-Identifier: BSL-1.0
// The default of the decoding slot: the likeliest token, the first of equals.
// Refuses chance: the same question has the same answer.
#pragma once

#include <cstddef>
#include <cstdint>

#include "mote/core/slots.hpp"

namespace mote::inline v0 {

struct greedy {
  using slot = slots::decoding;

  template <std::size_t Vocab>
  struct state {
    static void seed(std::uint64_t) {}
    static std::size_t pick(const float* logits /* (Vocab) */) {
      std::size_t best = 0;
      for (std::size_t i = 1; i < Vocab; ++i)
        if (logits[i] > logits[best]) best = i;
      return best;
    }
  };
};

}  // namespace mote::inline v0
