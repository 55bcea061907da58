// SPDX-License-Identifier: BSL-1.0
// An optimizer where a learner has its schedule.
// EXPECT: mote: what stands in the place of a learner's schedule is no schedule; .*\[mote-learner-place\]
// EXPECT: sgd<
#include "little.hpp"

#if MOTE_FAIL
using assistant = mote::pipeline<little, mote::lora<4, mote::lora_knobs{}, mote::adam<>, mote::sgd<>>>;
#else
using assistant = mote::pipeline<little, mote::lora<4, mote::lora_knobs{}, mote::sgd<>>>;
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
