// SPDX-License-Identifier: BSL-1.0
// A window that fills the context.
// EXPECT: mote: a window keeps fewer tokens than the context has places for.*\[mote-window-long\]
// EXPECT: kept_tokens\{128
#include <mote/policy/window.hpp>

#include "little.hpp"

#if MOTE_FAIL
using assistant = mote::pipeline<little, mote::context<128>, mote::window<128, 4>>;
#else
using assistant = mote::pipeline<little, mote::context<128>, mote::window<64, 4>>;
#endif

static assistant ai;

void use(std::span<const std::byte> image, std::span<std::byte> kept);
void use(std::span<const std::byte> image, std::span<std::byte> kept) {
  if (ai.attach(image) != mote::status::ok) return;
  for (std::string_view piece : ai.ask("Is anybody at home?", 32)) (void)piece.size();
  if (ai.save(kept) == mote::status::ok) (void)ai.load(kept);
}
