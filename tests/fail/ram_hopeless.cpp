// SPDX-License-Identifier: BSL-1.0
// A pipeline that fits a board in no way.
// EXPECT: mote: this pipeline does not fit the board's RAM, however small its parts are made; .*\[mote-ram\]
// EXPECT: still_over_by_bytes
#include "little.hpp"
#include "mote/boards/microbit.hpp"

#if MOTE_FAIL
using assistant = mote::pipeline<little, mote::lora<4>, mote::fit<mote::boards::microbit>>;
#else
using assistant = mote::pipeline<little, mote::context<64>, mote::fit<mote::boards::stm32f405>>;
#endif

static assistant ai;

void use(std::span<const std::byte> image);
void use(std::span<const std::byte> image) {
  if (ai.attach(image) != mote::status::ok) return;
  for (std::string_view piece : ai.ask("Is anybody at home?", 32)) (void)piece.size();
}
