// SPDX-License-Identifier: BSL-1.0
// Two stores where one is shared.
// EXPECT: mote: fuse<> keeps each text once, so both retrievers need the same store; .*\[mote-fuse\]
#include "little.hpp"
#include "recalling.hpp"

#if MOTE_FAIL
using letters = mote::flat<mote::flat_knobs{.items = 50}>;
#else
using letters = mote::flat<mote::flat_knobs{.items = 128}>;
#endif
using assistant = mote::pipeline<little, mote::rag<mote::fuse<mote::bm25<>, letters>>>;

template struct recalling<assistant>;
