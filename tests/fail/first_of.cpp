// SPDX-License-Identifier: BSL-1.0
// One drafter is no choice.
// EXPECT: mote: first_of<> needs drafters to choose from; name two or more, as in first_of<lookup<>, ngram<>> \[mote-first-of\]
#include <mote/decode/first_of.hpp>
#include <mote/decode/lookup.hpp>
#include <mote/decode/ngram.hpp>

#if MOTE_FAIL
using guesses = mote::first_of<mote::ngram<>>;
#else
using guesses = mote::first_of<mote::lookup<>, mote::ngram<>>;
#endif

static_assert(guesses::length > 0);
