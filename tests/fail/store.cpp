// SPDX-License-Identifier: BSL-1.0
// A store without a check of what it loads.
// EXPECT: mote: this store does not check what it loads; give it `static status check\(records, reads\)` \[mote-store\]
#include "little.hpp"
#include "recalling.hpp"

struct my_store : mote::item_store<16, 64> {
#if MOTE_FAIL
  static bool check(std::span<const std::byte> records) { return !records.empty(); }
#endif
};
using features = mote::hashed_ngrams<64, 3>;
using retriever = mote::retrieve<my_store, features, mote::flat_index<features::item, 16>>;
using assistant = mote::pipeline<little, mote::rag<retriever>>;

template struct recalling<assistant>;
