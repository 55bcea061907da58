// SPDX-License-Identifier: BSL-1.0
// Texts and scores of a vocabulary to the table that a board reads in place (model/vocabulary.hpp).
// Refuses a vocabulary that would tokenise wrongly without a word: half a set of byte tokens, a NUL, a score that is no
// number, a control token that does not exist.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "mote/host/import/vocabulary_text.hpp"
#include "mote/model/dialogue.hpp"
#include "mote/model/vocabulary.hpp"

namespace mote::inline v0::host {

namespace detail {

/// The llama2.c spelling of a byte token: "<0x0A>".
std::string byte_spelling(unsigned byte);

/// Scores to merge ranks: the same order and the same ties, dense from 1; 0 where llama2.c would never merge.
std::vector<std::uint32_t> ranks(const std::vector<float>& scores);

}  // namespace detail

/// The table. Tokens in front of the byte tokens (<unk>, <s>, </s>), the dialogue's tokens and empty texts are hidden:
/// no text becomes one.
std::vector<std::byte> pack_vocabulary(const vocabulary_text& text, const dialogue& control = {});

}  // namespace mote::inline v0::host
