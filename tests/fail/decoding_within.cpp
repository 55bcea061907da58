// SPDX-License-Identifier: BSL-1.0
// A penalty for what does not pick.
// EXPECT: mote: repetition_penalty<> changes what another.*\[mote-decoding-within\]
#include <mote/decode/repetition_penalty.hpp>

#include "little.hpp"

#if MOTE_FAIL
using assistant = mote::pipeline<little, mote::repetition_penalty<mote::frozen>>;
#else
using assistant = mote::pipeline<little, mote::repetition_penalty<mote::sample<>>>;
#endif

static assistant ai;

void use(std::span<const std::byte> image, std::span<std::byte> kept);
void use(std::span<const std::byte> image, std::span<std::byte> kept) {
  if (ai.attach(image) != mote::status::ok) return;
  for (std::string_view piece : ai.ask("Is anybody at home?", 32)) (void)piece.size();
  if (ai.save(kept) == mote::status::ok) (void)ai.load(kept);
}
