// SPDX-License-Identifier: BSL-1.0
// A team of one is no team.
// EXPECT: mote: this number of threads makes no team; use threads<2> to <64>, or leave threads<> out for one \[mote-threads\]
#include <mote/policy/threads.hpp>

#if MOTE_FAIL
using cores = mote::threads<1>;
#else
using cores = mote::threads<2>;
#endif

static_assert(cores::parts > 0);
