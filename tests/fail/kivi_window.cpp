// SPDX-License-Identifier: BSL-1.0
// A window that is no number of groups.
// EXPECT: mote: keys are rounded in groups of 32 tokens; .*\[mote-kivi-window\]
// EXPECT: kivi<4, 48>
#include "little.hpp"

#if MOTE_FAIL
using assistant = mote::pipeline<little, mote::kivi<4, 48>>;
#else
using assistant = mote::pipeline<little, mote::kivi<4, 64>>;
#endif

static assistant ai;

void use(std::span<const std::byte> image, std::span<std::byte> kept);
void use(std::span<const std::byte> image, std::span<std::byte> kept) {
  if (ai.attach(image) != mote::status::ok) return;
  for (std::string_view piece : ai.ask("Is anybody at home?", 32)) (void)piece.size();
  if (ai.save(kept) == mote::status::ok) (void)ai.load(kept);
}
