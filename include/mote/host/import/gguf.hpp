// SPDX-License-Identifier: BSL-1.0
// Reads a GGUF file of the llama architecture as a model and a vocabulary. Tensors are given as floats and also as the
// blocks of the file, so that a format with the same numbers can take them bit for bit. Opening checks the directory,
// the names and sizes of all tensors; weights are read when they are loaded.
// Refuses other architectures, tensors that the architecture does not have, and options that would change the answers.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>

#include "mote/host/file.hpp"
#include "mote/host/import/model_source.hpp"
#include "mote/host/import/raw_model.hpp"
#include "mote/host/import/vocabulary_text.hpp"

namespace mote::inline v0::host {

/// A file that is read tensor by tensor; `bytes` must outlive the source, and `file` is its name in messages. Throws
/// file_error.
opened_model open_gguf(std::span<const std::byte> bytes, const std::filesystem::path& file);
opened_model open_gguf(const std::filesystem::path& file);

/// A whole GGUF file in memory. A token id is -1 if the file does not have it.
struct gguf_model {
  raw_model model;
  vocabulary_text vocabulary;
  int bos = -1;
  int eos = -1;
};

/// The same, read whole.
gguf_model parse_gguf(std::span<const std::byte> bytes, const std::filesystem::path& file);

gguf_model read_gguf(const std::filesystem::path& file);

}  // namespace mote::inline v0::host
