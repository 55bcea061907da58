// SPDX-License-Identifier: BSL-1.0
// An encoder of a model that answers.
// EXPECT: mote: the tokens of this family see others than those of one text; .*\[mote-encoder-family\]
#include <mote/pipeline/encoder.hpp>

#include "little.hpp"

#if MOTE_FAIL
using finder = mote::encoder<little>;
#else
using finder = mote::pipeline<little>;
#endif

static finder ai;

bool use(std::span<const std::byte> image);
bool use(std::span<const std::byte> image) { return ai.attach(image) == mote::status::ok && ai.attached(); }
