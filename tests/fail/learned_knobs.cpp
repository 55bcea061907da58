// SPDX-License-Identifier: BSL-1.0
// A step that would turn a weight's sign.
// EXPECT: mote: learned_weights<> takes \.step from above 0 to 0\.5 \[mote-learned-knobs\]
#include "little.hpp"
#include "mote/recall/learned_weights.hpp"
#include "mote/recall/ngrams.hpp"
#include "recalling.hpp"

#if MOTE_FAIL
using weights = mote::learned_weights<mote::learned_knobs{.step = 1.5F}>;
#else
using weights = mote::learned_weights<mote::learned_knobs{.step = 0.1F}>;
#endif
using assistant =
    mote::pipeline<little, mote::rag<mote::fuse<mote::bm25<>, mote::ngrams<>, mote::fuse_knobs{}, weights>>>;

template struct recalling<assistant>;
