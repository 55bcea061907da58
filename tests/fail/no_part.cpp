// SPDX-License-Identifier: BSL-1.0
// A memory for the learning of a pipeline that does not learn.
// EXPECT: mote: fit<> names a memory for what this pipeline does not have; .*\[mote-no-part\]
#include "little.hpp"

#if MOTE_FAIL
using assistant = mote::pipeline<little, mote::context<64>,
                                 mote::fit<mote::boards::stm32f405, mote::fit_knobs{}, mote::learning_in<"CCM">>>;
#else
using assistant = mote::pipeline<little, mote::context<64>, mote::fit<mote::boards::stm32f405>>;
#endif

static assistant ai;

void use(std::span<const std::byte> image);
void use(std::span<const std::byte> image) {
  if (ai.attach(image) != mote::status::ok) return;
  for (std::string_view piece : ai.ask("Is anybody at home?", 32)) (void)piece.size();
}
