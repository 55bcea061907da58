// SPDX-License-Identifier: BSL-1.0
// SentencePiece BPE over the hashed table: for vocabularies of 100,000 tokens and more, and those with added tokens.
// Refuses to be another algorithm: the merges are those of model/sentencepiece_bpe.hpp.
#pragma once

#include "mote/model/sentencepiece_bpe.hpp"
#include "mote/model/token_table.hpp"

namespace mote::inline v0 {

/// SpaceBefore: whether the vocabulary was made with a space in front of each text; Gemma's was not.
template <bool SpaceBefore>
using hashed_sentencepiece_bpe = basic_sentencepiece_bpe<table_of<table_kind::sentencepiece>, SpaceBefore>;

}  // namespace mote::inline v0
