// SPDX-License-Identifier: BSL-1.0
// An average of gradients that takes none of the new one.
// EXPECT: mote: an optimizer has a knob out of range; .*\[mote-optimizer-knobs\]
// EXPECT: adam<
#include "little.hpp"

#if MOTE_FAIL
using rule = mote::adam<mote::adam_knobs{.beta2 = 1}>;
#else
using rule = mote::adam<mote::adam_knobs{.beta2 = 0.999F}>;
#endif
using assistant = mote::pipeline<little, mote::lora<2, mote::lora_knobs{}, rule>>;

static assistant ai;

void use(std::span<const std::byte> image);
void use(std::span<const std::byte> image) {
  if (ai.attach(image) != mote::status::ok) return;
  ai.learn({.prompt = "lights off", .answer = "done"});
}
