// SPDX-License-Identifier: BSL-1.0
// A schedule where a learner has its optimizer.
// EXPECT: mote: what stands in the place of a learner's optimizer is no optimizer; .*\[mote-learner-place\]
// EXPECT: last_layers<1>
#include "little.hpp"

#include "mote/learn/last_layers.hpp"

#if MOTE_FAIL
using assistant = mote::pipeline<little, mote::lora<4, mote::lora_knobs{}, mote::last_layers<1>>>;
#else
using assistant = mote::pipeline<little, mote::lora<4, mote::lora_knobs{}, mote::adam<>, mote::last_layers<1>>>;
#endif

static assistant ai;

void use(std::span<const std::byte> image, std::span<std::byte> kept);
void use(std::span<const std::byte> image, std::span<std::byte> kept) {
  if (ai.attach(image) != mote::status::ok) return;
  (void)ai.learning().rate(0.01F);
  while (!ai.learn({.prompt = "lights off", .answer = "done"}).done) (void)ai.learn_step(64);
  for (std::string_view piece : ai.ask("Is anybody at home?", 32)) (void)piece.size();
  if (ai.save(kept) == mote::status::ok) (void)ai.load(kept);
}
