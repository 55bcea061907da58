// SPDX-License-Identifier: BSL-1.0
// A window of nothing but its first tokens.
// EXPECT: mote: a window keeps its first tokens and newer ones; .*\[mote-window\]
#include <mote/policy/window.hpp>

#include "little.hpp"

#if MOTE_FAIL
using assistant = mote::pipeline<little, mote::window<4, 4>>;
#else
using assistant = mote::pipeline<little, mote::window<256, 4>>;
#endif

static assistant ai;

void use(std::span<const std::byte> image, std::span<std::byte> kept);
void use(std::span<const std::byte> image, std::span<std::byte> kept) {
  if (ai.attach(image) != mote::status::ok) return;
  for (std::string_view piece : ai.ask("Is anybody at home?", 32)) (void)piece.size();
  if (ai.save(kept) == mote::status::ok) (void)ai.load(kept);
}
