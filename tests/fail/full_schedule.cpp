// SPDX-License-Identifier: BSL-1.0
// Every parameter, and no way back to its gradient.
// EXPECT: mote: full<> needs a schedule that goes back; .*\[mote-full-schedule\]
// EXPECT: full<
#include "little.hpp"

#include "mote/learn/full.hpp"
#include "mote/learn/last_layers.hpp"
#include "mote/learn/zeroth_order.hpp"

#if MOTE_FAIL
using schedule = mote::zeroth_order<>;
#else
using schedule = mote::last_layers<1>;
#endif
using assistant =
    mote::pipeline<little, mote::quantize<32>, mote::full<mote::full_knobs{.tokens = 32}, mote::adam<>, schedule>>;

static assistant ai;

void use(std::span<const std::byte> image);
void use(std::span<const std::byte> image) {
  if (ai.attach(image) != mote::status::ok) return;
  ai.learn({.prompt = "lights off", .answer = "done"});
}
