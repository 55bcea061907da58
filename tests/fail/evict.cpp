// SPDX-License-Identifier: BSL-1.0
// A memory of pieces, of which whole notes go.
// EXPECT: mote: evict<> takes a retriever that keeps its texts in an item_store, .*\[mote-evict\]
#include "mote/recall/evict.hpp"
#include "little.hpp"
#include "mote/recall/pieces.hpp"
#include "recalling.hpp"

#if MOTE_FAIL
using assistant = mote::pipeline<little, mote::rag<mote::evict<mote::pieces<mote::bm25<>>>>>;
#else
using assistant = mote::pipeline<little, mote::rag<mote::evict<mote::bm25<>>>>;
#endif

template struct recalling<assistant>;
