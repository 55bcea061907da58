// SPDX-License-Identifier: BSL-1.0
// The tokens of a model that are not text: where a document starts and ends, and who speaks. A model's header states
// them, because no file format records them reliably.
// Refuses to come from a text: the tokenizer never turns words into one of these tokens (model/tokenizer.hpp).
#pragma once

#include <cstddef>
#include <cstdint>

#include "mote/config.hpp"

namespace mote::inline v0 {

/// Token ids; -1 where the model was not trained with such a token.
struct special_tokens {
  int bos = 1;      ///< opens a document
  int eos = 2;      ///< ends an answer, as a model's `end_tokens` do
  int note = -1;    ///< what follows is recalled knowledge
  int user = -1;    ///< what follows was said by the user
  int answer = -1;  ///< what follows is the model's answer

  constexpr bool operator==(const special_tokens&) const = default;
};

/// Whether a model ends its answers with this token too: one of its `end_tokens`, an array that few have. Models that
/// chat end a turn with one token and a text with another; `eos` is the one that examples are learned with.
template <class Model>
constexpr bool ends_answers(std::size_t id) {
  if constexpr (requires { Model::end_tokens; })
    for (const std::uint32_t each : Model::end_tokens)
      if (id == each) return true;
  return false;
}

/// The least tokens for a question and its answer, without recalled items: three control tokens, and 16 for each text.
inline constexpr std::size_t least_dialogue_tokens = 3 + 16 + 16;

}  // namespace mote::inline v0
