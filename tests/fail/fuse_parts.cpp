// SPDX-License-Identifier: BSL-1.0
// A policy where a retriever is wanted.
// EXPECT: mote: fuse<> takes two retrievers that are made of a store, features and an index, .*\[mote-fuse\]
#include "little.hpp"
#include "recalling.hpp"

#if MOTE_FAIL
using both = mote::fuse<mote::rag<mote::bm25<>>, mote::flat<>>;
#else
using both = mote::fuse<mote::bm25<>, mote::flat<>>;
#endif
using assistant = mote::pipeline<little, mote::rag<both>>;

template struct recalling<assistant>;
