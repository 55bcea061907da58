// SPDX-License-Identifier: BSL-1.0
// The family and the shape that a `config.json` of Hugging Face's transformers states: `model_type`, then its keys.
// Refuses a model_type that no family here computes, with the list of those that are; a key that is not known or has
// another value than the one supported; and a feature that no block of the family reads. Each by its name.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <span>
#include <vector>

#include "mote/host/import/any_family.hpp"
#include "mote/model/shape.hpp"

namespace mote::inline v0::host {

struct model_config {
  mote::shape shape;  ///< but for tied_head, and the hidden width of LFM2, which tensors say
  any_family family;
  std::optional<bool> tied;    ///< tie_word_embeddings, if the file states it
  std::vector<int> eos;        ///< any of them ends an answer
  std::size_t token_rows = 0;  ///< of the tables, if more than the shape's vocabulary
};

/// `file` is its name in messages. Throws file_error.
model_config read_model_config(std::span<const std::byte> bytes, const std::filesystem::path& file);

/// The tokens that end an answer as a `generation_config.json` states them; nothing if it does not. Throws file_error.
std::optional<std::vector<int>> read_end_tokens(std::span<const std::byte> bytes, const std::filesystem::path& file);

}  // namespace mote::inline v0::host
