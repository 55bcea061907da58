// SPDX-License-Identifier: BSL-1.0
// Prompt lookup that matches nothing.
// EXPECT: mote: lookup<> cannot match this many tokens; 3 is usual, 16 the most \[mote-lookup\]
#include <mote/decode/lookup.hpp>

#if MOTE_FAIL
using guesses = mote::lookup<0>;
#else
using guesses = mote::lookup<2>;
#endif

static_assert(guesses::length > 0);
