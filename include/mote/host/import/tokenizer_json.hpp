// SPDX-License-Identifier: BSL-1.0
// The tokenizer of a `tokenizer.json` (Hugging Face's tokenizers): its model, its added tokens, and the rules before
// it; and that of a `vocab.txt`.
// Refuses a normalizer, a pre-tokenizer or an option that is not known, by its name: a guess would be quietly wrong.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>

#include "mote/host/import/tokenizer_text.hpp"

namespace mote::inline v0::host {

/// `file` is its name in messages. Throws file_error.
tokenizer_text parse_tokenizer_json(std::span<const std::byte> bytes, const std::filesystem::path& file);

/// A `vocab.txt` of BERT without case: a token a line, ## before one that continues a word. Throws file_error.
tokenizer_text parse_vocab_txt(std::span<const std::byte> bytes, const std::filesystem::path& file);

}  // namespace mote::inline v0::host
