// SPDX-License-Identifier: BSL-1.0
// A further token that gives time back.
// EXPECT: mote: a further token of a pass cannot cost less than nothing; 0 always drafts, 1 never \[mote-batch-cost\]
#include <mote/decode/draft_gate.hpp>
#include <mote/decode/ngram.hpp>

#if MOTE_FAIL
using guesses = mote::gated<mote::ngram<>, mote::draft_knobs{.batch_cost = -1}>;
#else
using guesses = mote::gated<mote::ngram<>, mote::draft_knobs{.batch_cost = 0.1F}>;
#endif

static_assert(guesses::length > 0);
