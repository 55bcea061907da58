// SPDX-License-Identifier: BSL-1.0
// A table without slots.
// EXPECT: mote: ngram<> needs 1 to 16,777,216 slots; 1024 are usual \[mote-ngram-slots\]
#include <mote/decode/ngram.hpp>

#if MOTE_FAIL
using guesses = mote::ngram<0>;
#else
using guesses = mote::ngram<256>;
#endif

static_assert(guesses::length > 0);
