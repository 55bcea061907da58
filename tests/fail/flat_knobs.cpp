// SPDX-License-Identifier: BSL-1.0
// Vectors whose codes do not come in fours.
// EXPECT: mote: flat<> has a knob out of range; .*\[mote-flat-knobs\]
#include <mote/recall/flat.hpp>

#include "little.hpp"

#if MOTE_FAIL
using assistant = mote::pipeline<little, mote::rag<mote::flat<mote::flat_knobs{.dims = 50}>>>;
#else
using assistant = mote::pipeline<little, mote::rag<mote::flat<mote::flat_knobs{.dims = 52}>>>;
#endif

static assistant ai;

void use(std::span<const std::byte> image, std::span<std::byte> kept);
void use(std::span<const std::byte> image, std::span<std::byte> kept) {
  if (ai.attach(image) != mote::status::ok) return;
  if (ai.remember("The key lies under the mat.") != mote::status::ok) return;
  for (std::string_view piece : ai.ask("Is anybody at home?", 32)) (void)piece.size();
  if (ai.save(kept) == mote::status::ok) (void)ai.load(kept);
}
