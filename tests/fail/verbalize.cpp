// SPDX-License-Identifier: BSL-1.0
// A choice of one.
// EXPECT: mote: verbalize<> chooses among labels; .*\[mote-verbalize\]
#include <mote/decode/verbalize.hpp>

#include "little.hpp"

#if MOTE_FAIL
using answers = mote::verbalize<"yes">;
#else
using answers = mote::verbalize<"yes", "no">;
#endif

static mote::pipeline<little> ai;
static answers asked;

std::string_view choose();
std::string_view choose() { return asked.choose(ai, "Is anybody at home?").label; }
