// SPDX-License-Identifier: BSL-1.0
// A board where a policy is wanted.
// EXPECT: mote: a board is not yet a policy; wrap it, as in fit<boards::stm32h743> \[mote-bare-board\]
#include "little.hpp"

#if MOTE_FAIL
using assistant = mote::pipeline<little, mote::context<64>, mote::boards::stm32f405>;
#else
using assistant = mote::pipeline<little, mote::context<64>, mote::fit<mote::boards::stm32f405>>;
#endif

static assistant ai;

void use(std::span<const std::byte> image, std::span<std::byte> kept);
void use(std::span<const std::byte> image, std::span<std::byte> kept) {
  if (ai.attach(image) != mote::status::ok) return;
  for (std::string_view piece : ai.ask("Is anybody at home?", 32)) (void)piece.size();
  if (ai.save(kept) == mote::status::ok) (void)ai.load(kept);
}
