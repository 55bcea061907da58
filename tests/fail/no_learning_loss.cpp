// SPDX-License-Identifier: BSL-1.0
// A loss where nothing can compute it.
// EXPECT: mote: this pipeline does not learn and has no memory to compute a loss; .*\[mote-no-learning\]
#include "little.hpp"

#if MOTE_FAIL
using assistant = mote::pipeline<little>;
#else
using assistant = mote::pipeline<little, mote::lora<4>>;
#endif

static assistant ai;

void use(std::span<const std::byte> image, std::span<std::byte> kept);
void use(std::span<const std::byte> image, std::span<std::byte> kept) {
  if (ai.attach(image) != mote::status::ok) return;
  (void)ai.loss({.prompt = "lights off", .answer = "done"});
  for (std::string_view piece : ai.ask("Is anybody at home?", 32)) (void)piece.size();
  if (ai.save(kept) == mote::status::ok) (void)ai.load(kept);
}
