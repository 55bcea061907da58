// SPDX-License-Identifier: BSL-1.0
// An index that takes other features than the embedder makes.
// EXPECT: mote: this index does not take these features; give it `add\(std::size_t row, const item&\)` \[mote-index\]
#include "little.hpp"
#include "recalling.hpp"

using features = mote::hashed_ngrams<64, 3>;
#if MOTE_FAIL
using my_index = mote::flat_index<mote::int8_vector<128>, 16>;
#else
using my_index = mote::flat_index<features::item, 16>;
#endif
using assistant = mote::pipeline<little, mote::rag<mote::retrieve<mote::item_store<16, 64>, features, my_index>>>;

template struct recalling<assistant>;
