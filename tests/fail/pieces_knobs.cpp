// SPDX-License-Identifier: BSL-1.0
// Pieces of no byte.
// EXPECT: mote: pieces<> takes \.piece_bytes from 32 to 65535 \[mote-pieces-knobs\]
#include "little.hpp"
#include "mote/recall/bm25.hpp"
#include "mote/recall/pieces.hpp"
#include "recalling.hpp"

#if MOTE_FAIL
using assistant = mote::pipeline<little, mote::rag<mote::pieces<mote::bm25<>, mote::pieces_knobs{.piece_bytes = 0}>>>;
#else
using assistant = mote::pipeline<little, mote::rag<mote::pieces<mote::bm25<>, mote::pieces_knobs{.piece_bytes = 100}>>>;
#endif

template struct recalling<assistant>;
