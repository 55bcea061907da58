// SPDX-License-Identifier: BSL-1.0
// Scales for the outputs of no matrix.
// EXPECT: mote: a learner has nothing to learn; .*\[mote-delta-empty\]
#include "little.hpp"

#include "mote/learn/ia3.hpp"

#if MOTE_FAIL
using scales = mote::ia3<mote::ia3_knobs{.targets = 0}>;
#else
using scales = mote::ia3<mote::ia3_knobs{.targets = mote::only(mote::role::value)}>;
#endif
using assistant = mote::pipeline<little, scales>;

static assistant ai;

void use(std::span<const std::byte> image);
void use(std::span<const std::byte> image) {
  if (ai.attach(image) != mote::status::ok) return;
  ai.learn({.prompt = "lights off", .answer = "done"});
}
