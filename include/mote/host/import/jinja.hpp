// SPDX-License-Identifier: BSL-1.0
// Renders a chat template of a model's file: the part of Jinja that such templates use, as Hugging Face's transformers
// and jinja2 do it (trim_blocks and lstrip_blocks set).
// Refuses what it does not know, by name, and a template that is too deep, runs too long or writes too much: it comes
// from a file, and never gets at anything but the conversation.
#pragma once

#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

namespace mote::inline v0::host {

struct jinja_error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct chat_message {
  std::string role;
  std::string content;
};

/// What a template is given.
struct jinja_input {
  std::span<const chat_message> messages;
  std::string bos_token{};
  std::string eos_token{};
  bool add_generation_prompt = true;
};

/// The text; nothing if the template itself refuses the conversation (raise_exception). Throws jinja_error.
std::optional<std::string> render_jinja(std::string_view source, const jinja_input& input);

}  // namespace mote::inline v0::host
