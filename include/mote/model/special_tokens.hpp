// SPDX-License-Identifier: BSL-1.0
// The tokens of a model that are not text: where a document starts and ends, and who speaks. A model's header states
// them, because no file format records them reliably.
// Refuses to come from a text: the tokenizer never turns words into one of these tokens (model/tokenizer.hpp).
#pragma once

#include <cstddef>

#include "mote/config.hpp"

namespace mote::inline v0 {

/// Token ids; -1 where the model was not trained with such a token.
struct special_tokens {
  int bos = 1;      ///< opens a document
  int eos = 2;      ///< ends an answer
  int note = -1;    ///< what follows is recalled knowledge
  int user = -1;    ///< what follows was said by the user
  int answer = -1;  ///< what follows is the model's answer

  constexpr bool operator==(const special_tokens&) const = default;
};

/// The least tokens for a question and its answer, without recalled items: three control tokens, and 16 for each text.
inline constexpr std::size_t least_dialogue_tokens = 3 + 16 + 16;

}  // namespace mote::inline v0
