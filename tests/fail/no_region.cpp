// SPDX-License-Identifier: BSL-1.0
// A part in a memory that the board does not have.
// EXPECT: mote: the board has no memory of this name; .*\[mote-no-region\]
#include "little.hpp"

#if MOTE_FAIL
using assistant = mote::pipeline<little, mote::context<64>,
                                 mote::fit<mote::boards::stm32f405, mote::fit_knobs{}, mote::arena_in<"PSRAM">>>;
#else
using assistant = mote::pipeline<little, mote::context<64>,
                                 mote::fit<mote::boards::stm32f405, mote::fit_knobs{}, mote::arena_in<"CCM">>>;
#endif

static assistant ai;

void use(std::span<const std::byte> image);
void use(std::span<const std::byte> image) {
  if (ai.attach(image) != mote::status::ok) return;
  for (std::string_view piece : ai.ask("Is anybody at home?", 32)) (void)piece.size();
}
