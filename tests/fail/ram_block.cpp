// SPDX-License-Identifier: BSL-1.0
// Enough RAM on the board, but not in one piece: a pipeline is one object.
// EXPECT: mote: this pipeline does not fit the board.s RAM; .*\[mote-ram\]
// EXPECT: ram_budget<.*needs_bytes\{[0-9]+\}, .*board_has_bytes\{131072\}, .*over_by_bytes\{[0-9]+\}
// EXPECT: ways::cache\{16, [0-9]+, true\}, .*ways::context\{96, [0-9]+, true\}
#include "little.hpp"

#if MOTE_FAIL
using assistant = mote::pipeline<little, mote::context<128>, mote::fit<mote::boards::stm32f405>>;
#else
using assistant = mote::pipeline<little, mote::context<64>, mote::fit<mote::boards::stm32f405>>;
#endif

static assistant ai;

void use(std::span<const std::byte> image);
void use(std::span<const std::byte> image) {
  if (ai.attach(image) != mote::status::ok) return;
  for (std::string_view piece : ai.ask("Is anybody at home?", 32)) (void)piece.size();
}
