// SPDX-License-Identifier: BSL-1.0
// A board whose name is written wrongly: here C++ stops before the library is asked, and the words are the compiler's own.
// EXPECT: .stm32h734. is not a member of .mote::v0::boards.; did you mean .stm32h743|no member named .stm32h734. in namespace .mote::boards
#include "little.hpp"

#if MOTE_FAIL
using assistant = mote::pipeline<little, mote::context<160>, mote::fit<mote::boards::stm32h734>>;
#else
using assistant = mote::pipeline<little, mote::context<160>, mote::fit<mote::boards::stm32h743>>;
#endif

static assistant ai;

void use(std::span<const std::byte> image);
void use(std::span<const std::byte> image) {
  if (ai.attach(image) != mote::status::ok) return;
  for (std::string_view piece : ai.ask("Is anybody at home?", 32)) (void)piece.size();
}
