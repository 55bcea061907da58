// SPDX-License-Identifier: BSL-1.0
// An adapter of no matrix.
// EXPECT: mote: lora<> adapts no matrix; .*\[mote-lora-targets\]
#include "little.hpp"

#if MOTE_FAIL
using assistant = mote::pipeline<little, mote::lora<4, mote::lora_knobs{.targets = 0}>>;
#else
using assistant = mote::pipeline<little, mote::lora<4, mote::lora_knobs{.targets = mote::query_and_value}>>;
#endif

static assistant ai;

void use(std::span<const std::byte> image, std::span<std::byte> kept);
void use(std::span<const std::byte> image, std::span<std::byte> kept) {
  if (ai.attach(image) != mote::status::ok) return;
  ai.learn({.prompt = "lights off", .answer = "done"});
  for (std::string_view piece : ai.ask("Is anybody at home?", 32)) (void)piece.size();
  if (ai.save(kept) == mote::status::ok) (void)ai.load(kept);
}
