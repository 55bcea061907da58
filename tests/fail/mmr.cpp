// SPDX-License-Identifier: BSL-1.0
// A policy where a retriever is wanted.
// EXPECT: mote: mmr<> takes a retriever that is made of a store, features and an index, .*\[mote-mmr\]
#include "mote/recall/mmr.hpp"
#include "little.hpp"
#include "recalling.hpp"

#if MOTE_FAIL
using assistant = mote::pipeline<little, mote::rag<mote::mmr<mote::rag<mote::bm25<>>>>>;
#else
using assistant = mote::pipeline<little, mote::rag<mote::mmr<mote::bm25<>>>>;
#endif

template struct recalling<assistant>;
