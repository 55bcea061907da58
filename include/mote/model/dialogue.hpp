// SPDX-License-Identifier: BSL-1.0
// The tokens of a model that are not text: where a document starts and ends, and who speaks. A model's header states
// them, because no file says them reliably.
// Refuses to be spelled by a text: no user's words ever become one of these tokens (model/tokenizer.hpp).
#pragma once

#include "mote/config.hpp"

namespace mote::inline v0 {

/// Token ids; -1 where the model was not trained with such a token.
struct dialogue {
  int bos = 1;      ///< opens a document
  int eos = 2;      ///< ends an answer
  int note = -1;    ///< what follows is recalled knowledge
  int user = -1;    ///< what follows was said by the user
  int answer = -1;  ///< what follows is the model's answer

  constexpr bool operator==(const dialogue&) const = default;
};

}  // namespace mote::inline v0
