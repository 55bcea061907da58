// SPDX-License-Identifier: BSL-1.0
// A token that is not in the vocabulary.
// EXPECT: mote: banned_tokens<> names a token that.*\[mote-banned-tokens\]
#include <mote/decode/banned_tokens.hpp>

#include "little.hpp"

#if MOTE_FAIL
using assistant = mote::pipeline<little, mote::banned_tokens<mote::greedy, 70000>>;
#else
using assistant = mote::pipeline<little, mote::banned_tokens<mote::greedy, 29>>;
#endif

static assistant ai;

void use(std::span<const std::byte> image, std::span<std::byte> kept);
void use(std::span<const std::byte> image, std::span<std::byte> kept) {
  if (ai.attach(image) != mote::status::ok) return;
  for (std::string_view piece : ai.ask("Is anybody at home?", 32)) (void)piece.size();
  if (ai.save(kept) == mote::status::ok) (void)ai.load(kept);
}
