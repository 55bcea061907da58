// SPDX-License-Identifier: BSL-1.0
// A label twice.
// EXPECT: mote: a label of verbalize<> stands there twice, .*\[mote-verbalize-twice\]
#include <mote/decode/verbalize.hpp>

#include "little.hpp"

#if MOTE_FAIL
using answers = mote::verbalize<"yes", "no", "yes">;
#else
using answers = mote::verbalize<"yes", "no", "maybe">;
#endif

static mote::pipeline<little> ai;
static answers asked;

std::string_view choose();
std::string_view choose() { return asked.choose(ai, "Is anybody at home?").label; }
