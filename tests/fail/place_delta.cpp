// SPDX-License-Identifier: BSL-1.0
// A whole policy where a learner has its delta.
// EXPECT: mote: what stands in the place of a learner's delta is no delta; .*\[mote-learner-place\]
// EXPECT: ia3<
#include "little.hpp"

#include "mote/learn/ia3.hpp"

#if MOTE_FAIL
using assistant = mote::pipeline<little, mote::learner<mote::ia3<>, mote::sgd<>>>;
#else
using assistant = mote::pipeline<little, mote::learner<mote::ia3<>::delta, mote::sgd<>>>;
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
