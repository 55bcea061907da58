// SPDX-License-Identifier: BSL-1.0
// A key without a successor.
// EXPECT: mote: ngram<> keeps 1 to 16 successors of a key; 4 are usual \[mote-ngram-ways\]
#include <mote/decode/ngram.hpp>

#if MOTE_FAIL
using guesses = mote::ngram<1024, 0>;
#else
using guesses = mote::ngram<1024, 2>;
#endif

static_assert(guesses::length > 0);
