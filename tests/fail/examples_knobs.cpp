// SPDX-License-Identifier: BSL-1.0
// Examples of which none is shown.
// EXPECT: mote: examples<> takes \.shown from 1 to 64 \[mote-examples-knobs\]
#include "little.hpp"
#include "mote/recall/examples.hpp"
#include "recalling.hpp"

#if MOTE_FAIL
using assistant = mote::pipeline<little, mote::examples<16, mote::rag<mote::bm25<>>, mote::examples_knobs{.shown = 0}>>;
#else
using assistant = mote::pipeline<little, mote::examples<16, mote::rag<mote::bm25<>>, mote::examples_knobs{.shown = 1}>>;
#endif

template struct recalling<assistant>;
