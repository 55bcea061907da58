// SPDX-License-Identifier: BSL-1.0
// More lists read than there are.
// EXPECT: mote: ivf_index<> keeps from 1 item on, .*\[mote-ivf-index\]
#include <mote/recall/ivf.hpp>

using features = mote::hashed_ngrams<64, 3>;
#if MOTE_FAIL
using my_index = mote::ivf_index<mote::reread_vectors<features>, mote::moving_means<features::item, 4>, 16, 5>;
#else
using my_index = mote::ivf_index<mote::reread_vectors<features>, mote::moving_means<features::item, 4>, 16, 4>;
#endif
using notes = mote::retrieve<mote::item_store<16, 64>, features, my_index>;

mote::status use(notes::index& memory);
mote::status use(notes::index& memory) { return memory.add("The boiler's service code is 7731."); }
