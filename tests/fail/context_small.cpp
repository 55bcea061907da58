// SPDX-License-Identifier: BSL-1.0
// A context that holds no question.
// EXPECT: mote: a context of fewer than 16 tokens holds neither a question with its answer nor a text .*\[mote-context-small\]
// EXPECT: context<8>
#include "little.hpp"

#if MOTE_FAIL
using assistant = mote::pipeline<little, mote::context<8>>;
#else
using assistant = mote::pipeline<little, mote::context<64>>;
#endif

static assistant ai;

void use(std::span<const std::byte> image, std::span<std::byte> kept);
void use(std::span<const std::byte> image, std::span<std::byte> kept) {
  if (ai.attach(image) != mote::status::ok) return;
  for (std::string_view piece : ai.ask("Is anybody at home?", 32)) (void)piece.size();
  if (ai.save(kept) == mote::status::ok) (void)ai.load(kept);
}
