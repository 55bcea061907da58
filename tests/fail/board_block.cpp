// SPDX-License-Identifier: BSL-1.0
// A board of one's own whose largest block of RAM is larger than all of it.
// EXPECT: mote: this board.s largest block of RAM is larger than its RAM; .*\[mote-board-block\]
#include "little.hpp"

struct my_board {
  static constexpr mote::board_facts facts{.name = "my_board",
#if MOTE_FAIL
                                           .ram_bytes = 192 * 1024,
                                           .ram_block_bytes = 256 * 1024,
#else
                                           .ram_bytes = 256 * 1024,
                                           .ram_block_bytes = 192 * 1024,
#endif
                                           .flash_bytes = 1024 * 1024,
                                           .clock_hz = 168'000'000};
};
using assistant = mote::pipeline<little, mote::context<64>, mote::fit<my_board>>;

static assistant ai;

void use(std::span<const std::byte> image);
void use(std::span<const std::byte> image) {
  if (ai.attach(image) != mote::status::ok) return;
  for (std::string_view piece : ai.ask("Is anybody at home?", 32)) (void)piece.size();
}
