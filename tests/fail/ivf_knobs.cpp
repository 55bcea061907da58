// SPDX-License-Identifier: BSL-1.0
// More lists than items.
// EXPECT: mote: ivf<> takes \.lists from 1 to 32767, and to \.items \[mote-ivf-knobs\]
#include "little.hpp"
#include "mote/recall/ivf.hpp"
#include "recalling.hpp"

#if MOTE_FAIL
using assistant = mote::pipeline<little, mote::rag<mote::ivf<mote::ivf_knobs{.items = 16, .lists = 17, .probes = 5}>>>;
#else
using assistant = mote::pipeline<little, mote::rag<mote::ivf<mote::ivf_knobs{.items = 16, .lists = 16, .probes = 5}>>>;
#endif

template struct recalling<assistant>;
