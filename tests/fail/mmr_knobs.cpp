// SPDX-License-Identifier: BSL-1.0
// Among no hits nothing is chosen.
// EXPECT: mote: mmr<> takes \.depth from 1 to 4096 \[mote-mmr-knobs\]
#include "little.hpp"
#include "mote/recall/mmr.hpp"
#include "recalling.hpp"

#if MOTE_FAIL
using assistant = mote::pipeline<little, mote::rag<mote::mmr<mote::flat<>, mote::mmr_knobs{.depth = 0}>>>;
#else
using assistant = mote::pipeline<little, mote::rag<mote::mmr<mote::flat<>, mote::mmr_knobs{.depth = 8}>>>;
#endif

template struct recalling<assistant>;
