// SPDX-License-Identifier: BSL-1.0
// A share beyond everything.
// EXPECT: mote: min_p of sample<> must lie in .0, 1.; .*\[mote-min-p\]
#include "little.hpp"

#if MOTE_FAIL
using assistant = mote::pipeline<little, mote::sample<mote::sample_knobs{.min_p = 5.0F}>>;
#else
using assistant = mote::pipeline<little, mote::sample<mote::sample_knobs{.min_p = 0.05F}>>;
#endif

static assistant ai;

void use(std::span<const std::byte> image, std::span<std::byte> kept);
void use(std::span<const std::byte> image, std::span<std::byte> kept) {
  if (ai.attach(image) != mote::status::ok) return;
  for (std::string_view piece : ai.ask("Is anybody at home?", 32)) (void)piece.size();
  if (ai.save(kept) == mote::status::ok) (void)ai.load(kept);
}
