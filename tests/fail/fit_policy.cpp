// SPDX-License-Identifier: BSL-1.0
// A policy of the fit slot without a board.
// EXPECT: mote: this policy does not say what there is; give it `facts`, .*\[mote-fit-policy\]
#include "little.hpp"

#if MOTE_FAIL
struct thrifty {
  using slot = mote::slots::fit;
  static constexpr bool checks = true;
};
#else
struct thrifty : mote::fit<mote::boards::stm32h743> {};
#endif
using assistant = mote::pipeline<little, mote::context<64>, thrifty>;

static assistant ai;

void use(std::span<const std::byte> image, std::span<std::byte> kept);
void use(std::span<const std::byte> image, std::span<std::byte> kept) {
  if (ai.attach(image) != mote::status::ok) return;
  for (std::string_view piece : ai.ask("Is anybody at home?", 32)) (void)piece.size();
  if (ai.save(kept) == mote::status::ok) (void)ai.load(kept);
}
