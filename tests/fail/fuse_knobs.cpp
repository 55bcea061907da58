// SPDX-License-Identifier: BSL-1.0
// Nothing to fuse.
// EXPECT: mote: fuse<> takes \.depth from 1 to 4096 \[mote-fuse-knobs\]
#include "little.hpp"
#include "recalling.hpp"

#if MOTE_FAIL
using both = mote::fuse<mote::bm25<>, mote::flat<>, mote::fuse_knobs{.depth = 0}>;
#else
using both = mote::fuse<mote::bm25<>, mote::flat<>, mote::fuse_knobs{.depth = 4}>;
#endif
using assistant = mote::pipeline<little, mote::rag<both>>;

template struct recalling<assistant>;
