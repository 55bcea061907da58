// SPDX-License-Identifier: BSL-1.0
// A model's chat template as data: derived from what the file's own template renders, then compared with it on further
// conversations.
// Refuses a template of another shape than "the same texts around each turn of a role", by the key that has it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "mote/host/import/tokenizer_text.hpp"
#include "mote/model/chat_template.hpp"

namespace mote::inline v0::host {

/// A template as a file states it, and the tokens that it may print.
struct chat_source {
  std::string text;
  std::string key;  ///< where it stands, for messages: "tokenizer.chat_template"
  std::string bos_token{};
  std::string eos_token{};
  bool strips = false;  ///< white space behind control tokens is left out, as Phi-3's tokenizer does
};

/// What a model's header has of it: `chat_template` and `chat_tokens`.
struct chat_form {
  struct spelled {
    std::string spelling;
    std::uint32_t id = 0;
    bool strips = false;
  };
  basic_chat_template<std::string> form;
  std::vector<spelled> tokens;  ///< longer spellings first

  /// The token that ends an answer: the first one behind an assistant's words, or -1.
  int end_of_turn() const;
  /// The lines of a model's header.
  std::string header_text() const;
};

struct chat_error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Throws chat_error: "the chat template of <key> is of unknown shape; known are ...".
chat_form read_chat_form(const chat_source& source, const tokenizer_text& words);

/// What a file with a template became: a form, or why there is none.
struct chat_reading {
  std::optional<chat_form> form{};
  std::string refused{};
};
/// The same without an exception; neither where the source is empty.
chat_reading try_chat_form(const chat_source& source, const tokenizer_text& words);

/// The text that a form writes; nothing where it has no place for a turn.
std::optional<std::string> render_form(const basic_chat_template<std::string>& form, std::span<const turn> all);

}  // namespace mote::inline v0::host
