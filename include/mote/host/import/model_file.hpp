// SPDX-License-Identifier: BSL-1.0
// Opens or reads a model file of any kind that mote knows: a folder of safetensors, GGUF if its bytes begin so, else a
// llama2.c checkpoint.
// Refuses a checkpoint without a vocabulary, a second vocabulary for what has its own, and by name what is something
// else: a page of HTML, a pointer of Git LFS, a safetensors file without its folder.
#pragma once

#include <filesystem>

#include "mote/host/import/gguf.hpp"
#include "mote/host/import/llama2c.hpp"
#include "mote/host/import/model_source.hpp"

namespace mote::inline v0::host {

/// The weights, read tensor by tensor, and the vocabulary. `tokenizer` is empty for a GGUF file and for a folder, which
/// have their own vocabulary and may have token ids; for a checkpoint it is tokenizer.bin, and bos and eos are 1 and 2.
opened_model open_model_file(const std::filesystem::path& weights, const std::filesystem::path& tokenizer);

/// The same, read whole.
gguf_model read_model_file(const std::filesystem::path& weights, const std::filesystem::path& tokenizer);

}  // namespace mote::inline v0::host
