// SPDX-License-Identifier: BSL-1.0
// A draft longer than any that is accepted to its end.
// EXPECT: mote: a draft has 1 to 16 tokens; 8 is usual \[mote-draft-length\]
#include <mote/decode/ngram.hpp>

#if MOTE_FAIL
using guesses = mote::ngram<1024, 4, 64>;
#else
using guesses = mote::ngram<1024, 4, 12>;
#endif

static_assert(guesses::length > 0);
