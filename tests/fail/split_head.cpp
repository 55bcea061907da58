// SPDX-License-Identifier: BSL-1.0
// A head in two parts of weights that learn.
// EXPECT: mote: only a model's own head can.*\[mote-split-head\]
#include <mote/policy/split.hpp>

#include "little.hpp"

#if MOTE_FAIL
using formats = mote::mixed<mote::quantize<8>, mote::in_head<mote::split<mote::quantize<8>, 32>>>;
using assistant = mote::pipeline<mote::own_head<little>, formats, mote::lora<4>>;
#else
using formats = mote::mixed<mote::quantize<8>, mote::in_head<mote::split<mote::quantize<8>, 32>>>;
using assistant = mote::pipeline<mote::own_head<little>, formats>;
#endif

static assistant ai;

void use(std::span<const std::byte> image);
void use(std::span<const std::byte> image) {
  if (ai.attach(image) != mote::status::ok) return;
  for (std::string_view piece : ai.ask("Is anybody at home?", 32)) (void)piece.size();
}
