// SPDX-License-Identifier: BSL-1.0
// A model file of any kind that mote reads, by its name: GGUF, or a llama2.c checkpoint and its vocabulary.
// Refuses a checkpoint without a vocabulary, and a second vocabulary for a GGUF file.
#pragma once

#include <filesystem>

#include "mote/host/import/gguf.hpp"
#include "mote/host/import/llama2c.hpp"

namespace mote::inline v0::host {

/// A GGUF file holds its vocabulary and says its control tokens; a checkpoint of llama2.c does neither.
gguf_model read_model_file(const std::filesystem::path& weights, const std::filesystem::path& tokenizer);

}  // namespace mote::inline v0::host
