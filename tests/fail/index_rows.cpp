// SPDX-License-Identifier: BSL-1.0
// A store of more texts than the index's vectors have rows.
// EXPECT: mote: this store keeps more texts than the index has rows; give both the same items \[mote-index-rows\]
#include <mote/recall/ivf.hpp>

using features = mote::hashed_ngrams<64, 3>;
template <std::size_t Rows>
using vectors = mote::kept_vectors<features::item, Rows>;
using means = mote::moving_means<features::item, 4>;

#if MOTE_FAIL
using my_index = mote::ivf_index<vectors<8>, means, 16, 4>;
#else
using my_index = mote::ivf_index<vectors<16>, means, 16, 4>;
#endif
using notes = mote::retrieve<mote::item_store<16, 64>, features, my_index>;

mote::status use(notes::index& memory);
mote::status use(notes::index& memory) { return memory.add("The boiler's service code is 7731."); }
