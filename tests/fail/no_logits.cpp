// SPDX-License-Identifier: BSL-1.0
// The logits of a choice that keeps none.
// EXPECT: mote: this pipeline chooses while its head.*\[mote-no-logits\]
#include <mote/decode/fused_greedy.hpp>

#include "little.hpp"

#if MOTE_FAIL
using assistant = mote::pipeline<little, mote::fused_greedy<>>;
#else
using assistant = mote::pipeline<little, mote::greedy>;
#endif

static assistant ai;

float use(std::span<const std::byte> image);
float use(std::span<const std::byte> image) {
  if (ai.attach(image) != mote::status::ok) return 0;
  for (std::string_view piece : ai.ask("Is anybody at home?", 32)) (void)piece.size();
  return ai.logits()[0];
}
