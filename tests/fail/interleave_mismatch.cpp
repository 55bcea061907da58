// SPDX-License-Identifier: BSL-1.0
// Rows that lie for another board.
// EXPECT: mote: rows are interleaved for another instruction set than the board.s; .*\[mote-interleave-mismatch\]
// EXPECT: interleaved\{16\}
// EXPECT: board_wants\{1\}
#include "little.hpp"

#if MOTE_FAIL
using assistant = mote::pipeline<little, mote::interleave<16>, mote::context<128>, mote::fit<mote::boards::stm32h743>>;
#else
using assistant = mote::pipeline<little, mote::context<128>, mote::fit<mote::boards::stm32h743>>;
#endif

static assistant ai;

void use(std::span<const std::byte> image, std::span<std::byte> kept);
void use(std::span<const std::byte> image, std::span<std::byte> kept) {
  if (ai.attach(image) != mote::status::ok) return;
  for (std::string_view piece : ai.ask("Is anybody at home?", 32)) (void)piece.size();
  if (ai.save(kept) == mote::status::ok) (void)ai.load(kept);
}
