// SPDX-License-Identifier: BSL-1.0
// An image that is too large in four bits as well.
// EXPECT: mote: this pipeline does not fit the board's flash, in four bits neither; .*\[mote-flash\]
// EXPECT: still_over_by_bytes
#include "little.hpp"

#if MOTE_FAIL
using assistant = mote::pipeline<little, mote::context<64>,
                                 mote::fit<mote::boards::stm32f405, mote::fit_knobs{.code_bytes = 1'000'000}>>;
#else
using assistant = mote::pipeline<little, mote::context<64>,
                                 mote::fit<mote::boards::stm32f405, mote::fit_knobs{.code_bytes = 100'000}>>;
#endif

static assistant ai;

void use(std::span<const std::byte> image);
void use(std::span<const std::byte> image) {
  if (ai.attach(image) != mote::status::ok) return;
  for (std::string_view piece : ai.ask("Is anybody at home?", 32)) (void)piece.size();
}
