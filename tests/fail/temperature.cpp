// SPDX-License-Identifier: BSL-1.0
// A temperature of nought.
// EXPECT: mote: sample<> needs a finite temperature above 0; .*\[mote-temperature\]
#include "little.hpp"

#if MOTE_FAIL
using assistant = mote::pipeline<little, mote::sample<mote::sample_knobs{.temperature = 0}>>;
#else
using assistant = mote::pipeline<little, mote::sample<mote::sample_knobs{.temperature = 0.5F}>>;
#endif

static assistant ai;

void use(std::span<const std::byte> image, std::span<std::byte> kept);
void use(std::span<const std::byte> image, std::span<std::byte> kept) {
  if (ai.attach(image) != mote::status::ok) return;
  for (std::string_view piece : ai.ask("Is anybody at home?", 32)) (void)piece.size();
  if (ai.save(kept) == mote::status::ok) (void)ai.load(kept);
}
