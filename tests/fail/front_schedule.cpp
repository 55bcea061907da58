// SPDX-License-Identifier: BSL-1.0
// A way back that ends before it comes to what learns.
// EXPECT: mote: what stands in front of a prompt learns through every layer; .*\[mote-front-schedule\]
#include "little.hpp"

#include "mote/learn/last_layers.hpp"
#include "mote/learn/prompt_tuning.hpp"

#if MOTE_FAIL
using schedule = mote::last_layers<1>;
#else
using schedule = mote::backpropagation;
#endif
using student = mote::prompt_tuning<8, mote::prompt_tuning_knobs{}, mote::adam<>, schedule>;
using assistant = mote::pipeline<little, student>;

static assistant ai;

void use(std::span<const std::byte> image);
void use(std::span<const std::byte> image) {
  if (ai.attach(image) != mote::status::ok) return;
  ai.learn({.prompt = "lights off", .answer = "done"});
}
