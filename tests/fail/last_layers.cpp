// SPDX-License-Identifier: BSL-1.0
// A schedule in which no layer learns.
// EXPECT: mote: last_layers<> needs one layer at least, or nothing would learn \[mote-last-layers\]
// EXPECT: last_layers<0
#include "little.hpp"

#include "mote/learn/last_layers.hpp"

#if MOTE_FAIL
using assistant = mote::pipeline<little, mote::lora<2, mote::lora_knobs{}, mote::adam<>, mote::last_layers<0>>>;
#else
using assistant = mote::pipeline<little, mote::lora<2, mote::lora_knobs{}, mote::adam<>, mote::last_layers<1>>>;
#endif

static assistant ai;

void use(std::span<const std::byte> image);
void use(std::span<const std::byte> image) {
  if (ai.attach(image) != mote::status::ok) return;
  ai.learn({.prompt = "lights off", .answer = "done"});
}
