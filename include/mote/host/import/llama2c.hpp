// SPDX-License-Identifier: BSL-1.0
// Reads the files of llama2.c: checkpoints (legacy floats; "ak42" version 1, floats; "ak42" version 2, int8 groups) and
// tokenizer.bin.
// Refuses a file whose size is not exactly what its header requires, and numbers that are not finite. The header is
// untrusted: it is compared with the size of the file before anything is allocated or read.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>

#include "mote/host/file.hpp"
#include "mote/host/import/model_source.hpp"
#include "mote/host/import/raw_model.hpp"
#include "mote/host/import/vocabulary_text.hpp"

namespace mote::inline v0::host {

/// A checkpoint of any of the three kinds, read tensor by tensor; `bytes` must outlive the source, and `file` is its
/// name in messages. Throws file_error.
std::unique_ptr<model_source> open_llama2c(std::span<const std::byte> bytes, const std::filesystem::path& file);
std::unique_ptr<model_source> open_llama2c(const std::filesystem::path& file);

/// The same, read whole.
raw_model parse_llama2c(std::span<const std::byte> bytes, const std::filesystem::path& file);

raw_model read_llama2c(const std::filesystem::path& file);

/// A tokenizer.bin of `vocab` tokens; the file does not state their number. Throws file_error, also on bytes left over.
vocabulary_text parse_llama2c_tokenizer(std::span<const std::byte> bytes, std::size_t vocab,
                                        const std::filesystem::path& file);

vocabulary_text read_llama2c_tokenizer(const std::filesystem::path& file, std::size_t vocab);

}  // namespace mote::inline v0::host
