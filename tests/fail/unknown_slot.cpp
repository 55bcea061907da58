// SPDX-License-Identifier: BSL-1.0
// A policy for a slot that no pipeline has.
// EXPECT: mote: this policy fills a slot that a pipeline does not have; mote::slots lists them \[mote-unknown-slot\]
#include "little.hpp"

#if MOTE_FAIL
struct my_decoding : mote::greedy {
  using slot = struct colours;
};
#else
struct my_decoding : mote::greedy {
  using slot = mote::slots::decoding;
};
#endif
using assistant = mote::pipeline<little, my_decoding>;

static assistant ai;

void use(std::span<const std::byte> image, std::span<std::byte> kept);
void use(std::span<const std::byte> image, std::span<std::byte> kept) {
  if (ai.attach(image) != mote::status::ok) return;
  for (std::string_view piece : ai.ask("Is anybody at home?", 32)) (void)piece.size();
  if (ai.save(kept) == mote::status::ok) (void)ai.load(kept);
}
