// SPDX-License-Identifier: BSL-1.0
// More prompt tokens at once than a pass may hold.
// EXPECT: mote: a step cannot read this many tokens; .*\[mote-prefill\]
// EXPECT: prefill<65
#include "little.hpp"

#if MOTE_FAIL
using assistant = mote::pipeline<little, mote::prefill<65>>;
#else
using assistant = mote::pipeline<little, mote::prefill<8>>;
#endif

static assistant ai;

void use(std::span<const std::byte> image, std::span<std::byte> kept);
void use(std::span<const std::byte> image, std::span<std::byte> kept) {
  if (ai.attach(image) != mote::status::ok) return;
  for (std::string_view piece : ai.ask("Is anybody at home?", 32)) (void)piece.size();
  if (ai.save(kept) == mote::status::ok) (void)ai.load(kept);
}
