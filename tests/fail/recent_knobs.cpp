// SPDX-License-Identifier: BSL-1.0
// No half-life.
// EXPECT: mote: recent<> takes \.half_life from 1 to 1048576 \[mote-recent-knobs\]
#include "little.hpp"
#include "mote/recall/recent.hpp"
#include "recalling.hpp"

#if MOTE_FAIL
using assistant = mote::pipeline<little, mote::rag<mote::recent<mote::recent_knobs{.half_life = 0}>>>;
#else
using assistant = mote::pipeline<little, mote::rag<mote::recent<mote::recent_knobs{.half_life = 4}>>>;
#endif

template struct recalling<assistant>;
