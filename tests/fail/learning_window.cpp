// SPDX-License-Identifier: BSL-1.0
// Examples beyond the training.
// EXPECT: mote: the learning window is longer than the model was trained for; .*\[mote-learning-window\]
// EXPECT: window_tokens\{600\}
// EXPECT: trained_for_tokens\{512\}
#include "little.hpp"

#if MOTE_FAIL
using assistant = mote::pipeline<little, mote::lora<4, mote::lora_knobs{.tokens = 600}>>;
#else
using assistant = mote::pipeline<little, mote::lora<4, mote::lora_knobs{.tokens = 96}>>;
#endif

static assistant ai;

void use(std::span<const std::byte> image, std::span<std::byte> kept);
void use(std::span<const std::byte> image, std::span<std::byte> kept) {
  if (ai.attach(image) != mote::status::ok) return;
  ai.learn({.prompt = "lights off", .answer = "done"});
  for (std::string_view piece : ai.ask("Is anybody at home?", 32)) (void)piece.size();
  if (ai.save(kept) == mote::status::ok) (void)ai.load(kept);
}
