// SPDX-License-Identifier: BSL-1.0
// A llama-architecture GGUF file as a model and a vocabulary: tensors as floats, and as the blocks that the file has, so
// that a format with the same numbers takes them bit for bit.
// Refuses other architectures, tensors that such a model does not have, and options that would change its answers.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>

#include "mote/host/file.hpp"
#include "mote/host/import/raw_model.hpp"
#include "mote/host/import/vocabulary_text.hpp"

namespace mote::inline v0::host {

/// What a GGUF file holds. Token ids are -1 where the file names none.
struct gguf_model {
  raw_model model;
  vocabulary_text vocabulary;
  int bos = -1;
  int eos = -1;
};

/// The model and the vocabulary of a file. `file` stands in messages.
gguf_model parse_gguf(std::span<const std::byte> bytes, const std::filesystem::path& file);

gguf_model read_gguf(const std::filesystem::path& file);

}  // namespace mote::inline v0::host
