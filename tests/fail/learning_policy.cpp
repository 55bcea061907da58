// SPDX-License-Identifier: BSL-1.0
// A learning policy that does not say how many tokens go through a layer at a time.
// EXPECT: mote: this policy does not say how many tokens go through a layer at a time; give it `chunk` \[mote-learning-policy\]
#include "little.hpp"

#if MOTE_FAIL
struct thrifty : mote::lora<2> {
 private:
  using lora::chunk;
};
#else
struct thrifty : mote::lora<2> {};
#endif
using assistant = mote::pipeline<little, thrifty>;

static assistant ai;

void use(std::span<const std::byte> image, std::span<std::byte> kept);
void use(std::span<const std::byte> image, std::span<std::byte> kept) {
  if (ai.attach(image) != mote::status::ok) return;
  for (std::string_view piece : ai.ask("Is anybody at home?", 32)) (void)piece.size();
  if (ai.save(kept) == mote::status::ok) (void)ai.load(kept);
}
