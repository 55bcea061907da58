// SPDX-License-Identifier: BSL-1.0
// How the states of a text's tokens become one vector: a fact of an encoder, which its training decided.
// Refuses a default: a model says it, or the program.
#pragma once

#include <cstdint>

#include "mote/config.hpp"

namespace mote::inline v0 {

enum class pooling : std::uint8_t {
  mean,  ///< of all tokens (MiniLM)
  cls,   ///< that of the first token (BGE)
};

}  // namespace mote::inline v0
