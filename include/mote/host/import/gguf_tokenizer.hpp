// SPDX-License-Identifier: BSL-1.0
// The tokenizer of a GGUF file: its kind, its tokens with their types, merges, and how it cuts a text.
// Refuses a kind or a pre-tokenizer that is not known, by its name: a guess would be quietly wrong.
#pragma once

#include "mote/host/import/gguf_file.hpp"
#include "mote/host/import/tokenizer_text.hpp"

namespace mote::inline v0::host {

/// Throws file_error.
tokenizer_text read_gguf_tokenizer(const gguf_file& in);

}  // namespace mote::inline v0::host
