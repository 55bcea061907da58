// SPDX-License-Identifier: BSL-1.0
// A schedule that moves the parameters by nothing.
// EXPECT: mote: zeroth_order<> moves parameters by too little or too much; .distance must lie in 1e-6 to 1, such as 1e-2 \[mote-zeroth-order\]
// EXPECT: zeroth_order<
#include "little.hpp"

#include "mote/learn/zeroth_order.hpp"

#if MOTE_FAIL
using nowhere = mote::zeroth_order<mote::zeroth_order_knobs{.distance = 0}>;
#else
using nowhere = mote::zeroth_order<mote::zeroth_order_knobs{.distance = 1e-3F}>;
#endif
using assistant = mote::pipeline<little, mote::lora<2, mote::lora_knobs{}, mote::adam<>, nowhere>>;

static assistant ai;

void use(std::span<const std::byte> image);
void use(std::span<const std::byte> image) {
  if (ai.attach(image) != mote::status::ok) return;
  ai.learn({.prompt = "lights off", .answer = "done"});
}
