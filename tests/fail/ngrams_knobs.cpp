// SPDX-License-Identifier: BSL-1.0
// n-grams of one character.
// EXPECT: mote: ngrams<> takes \.gram from 2 to 8 \[mote-ngrams-knobs\]
#include "little.hpp"
#include "mote/recall/ngrams.hpp"
#include "recalling.hpp"

#if MOTE_FAIL
using assistant = mote::pipeline<little, mote::rag<mote::ngrams<mote::ngrams_knobs{.gram = 1}>>>;
#else
using assistant = mote::pipeline<little, mote::rag<mote::ngrams<mote::ngrams_knobs{.gram = 2}>>>;
#endif

template struct recalling<assistant>;
