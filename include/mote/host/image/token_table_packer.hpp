// SPDX-License-Identifier: BSL-1.0
// Packs a tokenizer into the table that a board reads in place (model/token_table.hpp).
// Refuses what would silently tokenize wrongly: merges whose order a table cannot keep, an incomplete set of byte
// tokens, a score that is not finite, two added tokens of one text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "mote/host/import/tokenizer_text.hpp"

namespace mote::inline v0::host {

/// Whether a table lists its tokens in the order of their texts, which a constraint walks over: 4 bytes a token, and 2
/// in vocabularies of fewer than 65,536.
enum class text_order : std::uint8_t { left_out, kept };

/// The table. A text becomes a token only where the tokenizer's own rules make it: control tokens, unknown and unused
/// ones are not found, user-defined ones only where a merge makes them, too. Throws std::runtime_error with the reason.
std::vector<std::byte> pack_token_table(const tokenizer_text& text, text_order order = text_order::left_out);

}  // namespace mote::inline v0::host
