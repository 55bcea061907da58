// SPDX-License-Identifier: BSL-1.0
// Writes the header that declares a model as a type, for firmware: readable constants, one per line.
// Refuses a name that is no C++ identifier. In text from outside, characters that could end its comment become '?'.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "mote/host/import/any_family.hpp"
#include "mote/model/pooling.hpp"
#include "mote/model/shape.hpp"
#include "mote/model/special_tokens.hpp"
#include "mote/model/tokenizer.hpp"

namespace mote::inline v0::host {

struct model_facts {
  std::string name;    ///< of the type
  std::string origin;  ///< the source files, for the comment
  mote::shape shape;
  any_family family{};
  std::size_t vocabulary_bytes = 0;
  std::size_t longest_piece = 0;
  mote::special_tokens special_tokens;
  std::vector<std::uint32_t> end_tokens{};    ///< others that end an answer
  std::string tokenizer{};                    ///< as tokenizer_text::type_name() has it; empty: sentencepiece_bpe
  bool texts_in_order = false;                ///< whether its hashed table lists them (token_table_packer.hpp)
  std::string chat{};                         ///< its chat template, as chat_form::header_text() has it; empty: none
  std::vector<token_range> control_tokens{};  ///< that no text becomes, beside the special ones
  std::optional<pooling> pooled{};            ///< of an encoder; none: the file does not say it
};

namespace detail {

/// The shortest literal that reads back as the same float.
std::string float_literal(float v);

/// 260032 as 260,032.
std::string with_commas(std::size_t n);

/// One comment line: control characters and the backslash that would continue it become '?'.
std::string comment_text(std::string s);

}  // namespace detail

/// The text of `<name>.hpp`.
std::string model_header(const model_facts& m);

}  // namespace mote::inline v0::host
