// SPDX-License-Identifier: BSL-1.0
// A policy whose header was not included.
// EXPECT: mote: this is not a policy; a policy is a complete class with a member type `slot` \[mote-not-a-policy\]
#include "little.hpp"

#if MOTE_FAIL
struct my_decoding;
#else
struct my_decoding : mote::greedy {};
#endif
using assistant = mote::pipeline<little, my_decoding>;

static assistant ai;

void use(std::span<const std::byte> image, std::span<std::byte> kept);
void use(std::span<const std::byte> image, std::span<std::byte> kept) {
  if (ai.attach(image) != mote::status::ok) return;
  for (std::string_view piece : ai.ask("Is anybody at home?", 32)) (void)piece.size();
  if (ai.save(kept) == mote::status::ok) (void)ai.load(kept);
}
