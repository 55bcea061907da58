// SPDX-License-Identifier: BSL-1.0
// A soft prompt of nothing.
// EXPECT: mote: prompt_tuning<> has no virtual token; .*\[mote-prompt-tuning\]
// EXPECT: prompt_tuning<0
#include "little.hpp"

#include "mote/learn/prompt_tuning.hpp"

#if MOTE_FAIL
using assistant = mote::pipeline<little, mote::prompt_tuning<0>>;
#else
using assistant = mote::pipeline<little, mote::prompt_tuning<8>>;
#endif

static assistant ai;

void use(std::span<const std::byte> image, std::span<std::byte> kept);
void use(std::span<const std::byte> image, std::span<std::byte> kept) {
  if (ai.attach(image) != mote::status::ok) return;
  ai.learn({.prompt = "lights off", .answer = "done"});
  for (std::string_view piece : ai.ask("Is anybody at home?", 32)) (void)piece.size();
  if (ai.save(kept) == mote::status::ok) (void)ai.load(kept);
}
