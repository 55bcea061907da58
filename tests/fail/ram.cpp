// SPDX-License-Identifier: BSL-1.0
// Too much for the RAM of the board.
// EXPECT: mote: this pipeline does not fit the board.s RAM; .*\[mote-ram\]
// EXPECT: ram_budget<.*needs_bytes\{[0-9]+\}, .*board_has_bytes\{196608\}, .*over_by_bytes\{[0-9]+\}
// EXPECT: cache\{655360\}
// EXPECT: ways::context\{32, [0-9]+, false\}, .*ways::cache\{8, [0-9]+, false\}
#include "little.hpp"

#if MOTE_FAIL
using assistant = mote::pipeline<little, mote::lora<4>, mote::fit<mote::boards::stm32f405>>;
#else
using assistant = mote::pipeline<little, mote::frozen, mote::context<64>, mote::fit<mote::boards::stm32f405>>;
#endif

static assistant ai;

void use(std::span<const std::byte> image, std::span<std::byte> kept);
void use(std::span<const std::byte> image, std::span<std::byte> kept) {
  if (ai.attach(image) != mote::status::ok) return;
  for (std::string_view piece : ai.ask("Is anybody at home?", 32)) (void)piece.size();
  if (ai.save(kept) == mote::status::ok) (void)ai.load(kept);
}
