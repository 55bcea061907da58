// SPDX-License-Identifier: BSL-1.0
// Threads on a target that has none; a firmware's <mote_config.hpp> may say so as well.
// EXPECT: mote: this target has no threads; leave threads<> out, one core does the work \[mote-no-threads\]
#define MOTE_WITH_THREADS 0
#include <mote/policy/threads.hpp>

#if MOTE_FAIL
using cores = mote::threads<2>;
#else
using cores = mote::single_thread;
#endif

static_assert(cores::parts > 0);
