// SPDX-License-Identifier: BSL-1.0
// A context beyond the training.
// EXPECT: mote: the context is longer than the model was trained for, .*\[mote-context-long\]
// EXPECT: context_tokens\{1024\}
// EXPECT: trained_for_tokens\{512\}
#include "little.hpp"

#if MOTE_FAIL
using assistant = mote::pipeline<little, mote::context<1024>>;
#else
using assistant = mote::pipeline<little, mote::context<512>>;
#endif

static assistant ai;

void use(std::span<const std::byte> image, std::span<std::byte> kept);
void use(std::span<const std::byte> image, std::span<std::byte> kept) {
  if (ai.attach(image) != mote::status::ok) return;
  for (std::string_view piece : ai.ask("Is anybody at home?", 32)) (void)piece.size();
  if (ai.save(kept) == mote::status::ok) (void)ai.load(kept);
}
