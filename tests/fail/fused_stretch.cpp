// SPDX-License-Identifier: BSL-1.0
// Rows that no kernel takes together.
// EXPECT: mote: fused_greedy<> computes rows of.*\[mote-fused-stretch\]
#include <mote/decode/fused_greedy.hpp>

#include "little.hpp"

#if MOTE_FAIL
using assistant = mote::pipeline<little, mote::fused_greedy<100>>;
#else
using assistant = mote::pipeline<little, mote::fused_greedy<128>>;
#endif

static assistant ai;

void use(std::span<const std::byte> image);
void use(std::span<const std::byte> image) {
  if (ai.attach(image) != mote::status::ok) return;
  for (std::string_view piece : ai.ask("Is anybody at home?", 32)) (void)piece.size();
}
