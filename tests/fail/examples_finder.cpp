// SPDX-License-Identifier: BSL-1.0
// Sixteen examples, whose questions a retriever of eight texts would have to keep.
// EXPECT: mote: examples<> finds questions by a retriever .*\[mote-examples\]
#include "little.hpp"
#include "mote/recall/examples.hpp"
#include "recalling.hpp"

#if MOTE_FAIL
using finder = mote::bm25<mote::bm25_knobs{.items = 8, .item_bytes = 64}>;
#else
using finder = mote::bm25<mote::bm25_knobs{.items = 16, .item_bytes = 64}>;
#endif
using assistant = mote::pipeline<little, mote::examples<16, mote::rag<mote::bm25<>>, mote::examples_knobs{}, finder>>;

template struct recalling<assistant>;
