// SPDX-License-Identifier: BSL-1.0
// More links than a list of them holds.
// EXPECT: mote: hnsw_index<> keeps from 1 item on, .*\[mote-hnsw-index\]
#include <mote/recall/hnsw.hpp>

using features = mote::hashed_ngrams<64, 3>;
#if MOTE_FAIL
using my_index = mote::hnsw_index<features::item, 16, 65>;
#else
using my_index = mote::hnsw_index<features::item, 16, 64>;
#endif
using notes = mote::retrieve<mote::item_store<16, 64>, features, my_index>;

mote::status use(notes::index& memory);
mote::status use(notes::index& memory) { return memory.add("The boiler's service code is 7731."); }
