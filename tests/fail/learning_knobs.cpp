// SPDX-License-Identifier: BSL-1.0
// A step of the optimizer after no example.
// EXPECT: mote: a learning policy has a knob of nought; .*\[mote-learning-knobs\]
// EXPECT: lora<2
#include "little.hpp"

#if MOTE_FAIL
using assistant = mote::pipeline<little, mote::lora<2, mote::lora_knobs{.batch = 0}>>;
#else
using assistant = mote::pipeline<little, mote::lora<2, mote::lora_knobs{.batch = 4}>>;
#endif

static assistant ai;

void use(std::span<const std::byte> image, std::span<std::byte> kept);
void use(std::span<const std::byte> image, std::span<std::byte> kept) {
  if (ai.attach(image) != mote::status::ok) return;
  ai.learn({.prompt = "lights off", .answer = "done"});
  for (std::string_view piece : ai.ask("Is anybody at home?", 32)) (void)piece.size();
  if (ai.save(kept) == mote::status::ok) (void)ai.load(kept);
}
