// SPDX-License-Identifier: BSL-1.0
// One example of the assistant's text: the notes it can see, what the user says, what it should answer.
// Refuses to know tokens: a trainer turns an item into bos, notes, prompt, answer, eos with its own control tokens.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace mote::inline v0::host {

enum class task : std::uint8_t {
  command,  ///< an order to the house; the answer is compact JSON
  chat,     ///< a greeting, thanks, a question about the assistant itself
  recall,   ///< a question whose answer stands in a note, to be copied
  unknown,  ///< a question that no note answers; the answer is always the same sentence
};

/// Train and held-out text share no made-up word, no code and no combination of wording and slot.
enum class split : std::uint8_t { train, heldout };

struct dialogue_item {
  std::vector<std::string> notes = {};
  std::string prompt = {};
  std::string answer = {};
  task kind = task::chat;
  int relevant = -1;      ///< the note that holds the answer; -1 if none does
  bool reserved = false;  ///< asked in a wording that no training item uses (held-out text only)
};

}  // namespace mote::inline v0::host
