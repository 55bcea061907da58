// SPDX-License-Identifier: BSL-1.0
// A window that no token is in.
// EXPECT: mote: repetition_penalty<> needs a finite penalty.*\[mote-repetition\]
#include <mote/decode/repetition_penalty.hpp>

#include "little.hpp"

#if MOTE_FAIL
using assistant = mote::pipeline<little, mote::repetition_penalty<mote::greedy, mote::repetition_knobs{.window = 0}>>;
#else
using assistant = mote::pipeline<little, mote::repetition_penalty<mote::greedy, mote::repetition_knobs{.window = 32}>>;
#endif

static assistant ai;

void use(std::span<const std::byte> image, std::span<std::byte> kept);
void use(std::span<const std::byte> image, std::span<std::byte> kept) {
  if (ai.attach(image) != mote::status::ok) return;
  for (std::string_view piece : ai.ask("Is anybody at home?", 32)) (void)piece.size();
  if (ai.save(kept) == mote::status::ok) (void)ai.load(kept);
}
