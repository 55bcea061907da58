// SPDX-License-Identifier: BSL-1.0
// Packs the texts and scores of a vocabulary into the table that a board reads in place (model/vocabulary.hpp).
// Refuses a vocabulary that would silently tokenize wrongly: an incomplete set of byte tokens, a NUL in a text, a score
// that is not finite, a control token that does not exist.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "mote/host/import/vocabulary_text.hpp"
#include "mote/model/special_tokens.hpp"
#include "mote/model/vocabulary.hpp"

namespace mote::inline v0::host {

namespace detail {

/// The llama2.c spelling of a byte token: "<0x0A>".
std::string byte_spelling(unsigned byte);

/// Merge ranks from scores: the same order and the same ties, dense from 1. 0: llama2.c would never merge to the token.
std::vector<std::uint32_t> ranks(const std::vector<float>& scores);

}  // namespace detail

/// The table. Hidden from the search for a text's tokens: all tokens up to the last byte token (<unk>, <s>, </s> and
/// the bytes), the tokens of `control`, and empty texts. An encoder gets a byte token only from a byte without another
/// token. Throws std::runtime_error with the reason.
std::vector<std::byte> pack_vocabulary(const vocabulary_text& text, const special_tokens& control = {});

}  // namespace mote::inline v0::host
