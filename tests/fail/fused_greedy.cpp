// SPDX-License-Identifier: BSL-1.0
// A choice without logits, and a policy that changes logits.
// EXPECT: mote: fused_greedy<> keeps no logits, and.*\[mote-fused-greedy\]
#include <mote/decode/fused_greedy.hpp>
#include <mote/decode/repetition_penalty.hpp>

#include "little.hpp"

#if MOTE_FAIL
using assistant = mote::pipeline<little, mote::repetition_penalty<mote::fused_greedy<>>>;
#else
using assistant = mote::pipeline<little, mote::repetition_penalty<mote::greedy>>;
#endif

static assistant ai;

void use(std::span<const std::byte> image);
void use(std::span<const std::byte> image) {
  if (ai.attach(image) != mote::status::ok) return;
  for (std::string_view piece : ai.ask("Is anybody at home?", 32)) (void)piece.size();
}
