// SPDX-License-Identifier: BSL-1.0
// A build with -ffast-math: this is the macro by which a compiler says so.
// EXPECT: mote: -ffast-math changes the model.s answers from board to board; remove it \[mote-fast-math\]
#if MOTE_FAIL
#define __FAST_MATH__ 1
#endif
#include "little.hpp"

static mote::pipeline<little> ai;

bool use(std::span<const std::byte> image);
bool use(std::span<const std::byte> image) { return ai.attach(image) == mote::status::ok; }
