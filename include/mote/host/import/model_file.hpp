// SPDX-License-Identifier: BSL-1.0
// Reads a model file of any kind that mote knows: GGUF if its name ends with .gguf, else a llama2.c checkpoint.
// Refuses a checkpoint without a vocabulary, and a second vocabulary for a GGUF file.
#pragma once

#include <filesystem>

#include "mote/host/import/gguf.hpp"
#include "mote/host/import/llama2c.hpp"

namespace mote::inline v0::host {

/// The model and its vocabulary. `tokenizer` is empty for a GGUF file, which has its own vocabulary and may have token
/// ids; for a checkpoint it is tokenizer.bin, and bos and eos are -1.
gguf_model read_model_file(const std::filesystem::path& weights, const std::filesystem::path& tokenizer);

}  // namespace mote::inline v0::host
