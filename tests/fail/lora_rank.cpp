// SPDX-License-Identifier: BSL-1.0
// An adapter of rank nought.
// EXPECT: mote: the rank of lora<> must lie in 1 to 256; .*\[mote-lora-rank\]
// EXPECT: lora<0
#include "little.hpp"

#if MOTE_FAIL
using assistant = mote::pipeline<little, mote::lora<0>>;
#else
using assistant = mote::pipeline<little, mote::lora<2>>;
#endif

static assistant ai;

void use(std::span<const std::byte> image, std::span<std::byte> kept);
void use(std::span<const std::byte> image, std::span<std::byte> kept) {
  if (ai.attach(image) != mote::status::ok) return;
  ai.learn({.prompt = "lights off", .answer = "done"});
  for (std::string_view piece : ai.ask("Is anybody at home?", 32)) (void)piece.size();
  if (ai.save(kept) == mote::status::ok) (void)ai.load(kept);
}
