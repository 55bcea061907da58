// SPDX-License-Identifier: BSL-1.0
// How many tokens a pipeline sees.
//   context<256>   keys and values for 256 tokens; left out, all that the model was trained for
// Refuses a context that holds no question and answer.
#pragma once

#include <cstddef>

#include "mote/core/slots.hpp"

namespace mote::inline v0 {

template <std::size_t Tokens>
struct context {
  using slot = slots::context;
  static constexpr std::size_t tokens = Tokens;

  static_assert(
      Tokens >= 16,
      "mote: a context of fewer than 16 tokens holds no question and answer; use context<64> or more [mote-context-small]");
};

/// The default of the context slot.
struct trained_context {
  using slot = slots::context;
  static constexpr std::size_t tokens = 0;  // the model decides
};

}  // namespace mote::inline v0
