// SPDX-License-Identifier: BSL-1.0
// A choice of one.
// EXPECT: mote: verbalise<> chooses among labels; .*\[mote-verbalise\]
#include <mote/decode/verbalise.hpp>

#include "little.hpp"

#if MOTE_FAIL
using answers = mote::verbalise<"yes">;
#else
using answers = mote::verbalise<"yes", "no">;
#endif

static mote::pipeline<little> ai;
static answers asked;

std::string_view choose();
std::string_view choose() { return asked.choose(ai, "Is anybody at home?").label; }
