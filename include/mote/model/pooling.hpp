// SPDX-License-Identifier: BSL-1.0
// How the states of a text's tokens become one vector, a fact of an encoder that its training decided; and how it reads
// a text.
// Refuses a default: a model says it, or the program.
#pragma once

#include <cstdint>
#include <string_view>

#include "mote/config.hpp"

namespace mote::inline v0 {

enum class pooling : std::uint8_t {
  mean,  ///< of all tokens (MiniLM)
  cls,   ///< that of the first token (BGE)
};

/// How an encoder reads a text.
struct embedding_knobs {
  std::string_view before{};  ///< in front of the text: the words that some models want before a question
  bool cuts = false;          ///< of a text with more tokens than the context, the first are read
};

}  // namespace mote::inline v0
