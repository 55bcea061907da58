// SPDX-License-Identifier: BSL-1.0
// Pieces of a policy, not of a retriever.
// EXPECT: mote: pieces<> takes a retriever that is made of an item_store, features and an index, .*\[mote-pieces\]
#include "mote/recall/pieces.hpp"
#include "little.hpp"
#include "mote/recall/bm25.hpp"
#include "recalling.hpp"

#if MOTE_FAIL
using assistant = mote::pipeline<little, mote::rag<mote::pieces<mote::rag<mote::bm25<>>>>>;
#else
using assistant = mote::pipeline<little, mote::rag<mote::pieces<mote::bm25<>>>>;
#endif

template struct recalling<assistant>;
