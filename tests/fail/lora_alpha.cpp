// SPDX-License-Identifier: BSL-1.0
// An adapter that counts a negative number of times.
// EXPECT: mote: .alpha of lora<> must lie in 0.001 to 10000, .*\[mote-lora-alpha\]
// EXPECT: lora<2
#include "little.hpp"

#if MOTE_FAIL
using adapters = mote::lora<2, mote::lora_knobs{.alpha = -4}>;
#else
using adapters = mote::lora<2, mote::lora_knobs{.alpha = 4}>;
#endif
using assistant = mote::pipeline<little, adapters>;

static assistant ai;

void use(std::span<const std::byte> image);
void use(std::span<const std::byte> image) {
  if (ai.attach(image) != mote::status::ok) return;
  ai.learn({.prompt = "lights off", .answer = "done"});
}
