// SPDX-License-Identifier: BSL-1.0
// A graph of one link a text.
// EXPECT: mote: hnsw<> takes \.degree from 2 to 64 \[mote-hnsw-knobs\]
#include "little.hpp"
#include "mote/recall/hnsw.hpp"
#include "recalling.hpp"

#if MOTE_FAIL
using assistant = mote::pipeline<little, mote::rag<mote::hnsw<mote::hnsw_knobs{.items = 16, .degree = 1}>>>;
#else
using assistant = mote::pipeline<little, mote::rag<mote::hnsw<mote::hnsw_knobs{.items = 16, .degree = 4}>>>;
#endif

template struct recalling<assistant>;
