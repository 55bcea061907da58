// SPDX-License-Identifier: BSL-1.0
// Any type is not a policy.
// EXPECT: mote: this is not a policy; a policy is a complete class with a member type `slot` \[mote-not-a-policy\]
#include "little.hpp"

#if MOTE_FAIL
using assistant = mote::pipeline<little, mote::lora<4>, mote::adam<>>;  // an optimizer is an argument of lora<>
#else
using assistant = mote::pipeline<little, mote::lora<4, mote::lora_knobs{}, mote::adam<>>, mote::rag<mote::bm25<>>>;
#endif

static assistant ai;

void use(std::span<const std::byte> image, std::span<std::byte> kept);
void use(std::span<const std::byte> image, std::span<std::byte> kept) {
  if (ai.attach(image) != mote::status::ok) return;
  ai.learn({.prompt = "lights off", .answer = "done"});
  if (ai.remember("The key lies under the mat.") != mote::status::ok) return;
  for (std::string_view piece : ai.ask("Is anybody at home?", 32)) (void)piece.size();
  if (ai.save(kept) == mote::status::ok) (void)ai.load(kept);
}
