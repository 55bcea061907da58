// SPDX-License-Identifier: BSL-1.0
// Reads a model in a folder as Hugging Face's transformers lays it out: safetensors in one file or in those that
// model.safetensors.index.json names, config.json, tokenizer.json, and the ends of generation_config.json.
//
//   u64 bytes of the header | JSON: {"name": {"dtype", "shape", "data_offsets": [begin, end]}, ...} | bytes of tensors
//
// Every number of a header is untrusted: it is compared with the size of the file before it is used, in arithmetic that
// cannot overflow, and no allocation has a size that the file states.
// Refuses tensors of other types than F32, F16 and BF16, and what read_model_config() and parse_tokenizer_json() do.
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <span>
#include <string>

#include "mote/host/import/gguf_file.hpp"
#include "mote/host/import/model_source.hpp"

namespace mote::inline v0::host {

/// The tensors of one file by name, but for those that state no weights: masks and rotary frequencies. `bytes` must
/// outlive the result, `file` is their name in messages. Throws file_error.
std::map<std::string, gguf_tensor> read_safetensors(std::span<const std::byte> bytes,
                                                    const std::filesystem::path& file);

/// The model of a folder. Throws file_error.
opened_model open_safetensors(const std::filesystem::path& folder);

}  // namespace mote::inline v0::host
