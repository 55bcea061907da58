// SPDX-License-Identifier: BSL-1.0
// One example of the assistant's text: the notes it is given, the user's prompt, the right answer.
// Refuses to know tokens: to_sequence() (assistant_model.hpp) turns an item into tokens.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace mote::inline v0::host {

enum class task : std::uint8_t {
  command,  ///< an order to the house; the answer is compact JSON
  chat,     ///< a greeting, thanks, a question about the assistant itself
  recall,   ///< a question whose answer is copied from a note
  unknown,  ///< a question that no note answers; the answer is always the same sentence
};

/// Train and held-out text share no made-up word, no code and no combination of wording and slot.
enum class split : std::uint8_t { train, heldout };

struct dialogue_item {
  std::vector<std::string> notes = {};
  std::string prompt = {};
  std::string answer = {};
  task kind = task::chat;
  int relevant = -1;      ///< the index of the note that has the answer; -1 if none has
  bool reserved = false;  ///< asked in a wording that no training item uses (held-out text only)
};

}  // namespace mote::inline v0::host
