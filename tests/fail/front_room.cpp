// SPDX-License-Identifier: BSL-1.0
// A soft prompt that leaves no room for one of words.
// EXPECT: mote: what the learning policy puts in front of a prompt takes more than half of the context; .*\[mote-front-room\]
// EXPECT: owned_positions\{100\}
// EXPECT: context_tokens\{96\}
#include "little.hpp"

#include "mote/learn/prompt_tuning.hpp"

#if MOTE_FAIL
using assistant = mote::pipeline<little, mote::context<96>, mote::prompt_tuning<100>>;
#else
using assistant = mote::pipeline<little, mote::context<96>, mote::prompt_tuning<10>>;
#endif

static assistant ai;

void use(std::span<const std::byte> image);
void use(std::span<const std::byte> image) {
  if (ai.attach(image) != mote::status::ok) return;
  ai.learn({.prompt = "lights off", .answer = "done"});
  for (std::string_view piece : ai.ask("Is anybody at home?", 32)) (void)piece.size();
}
