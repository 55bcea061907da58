// SPDX-License-Identifier: BSL-1.0
// Rows interleaved by a number that no kernel has.
// EXPECT: mote: rows cannot be interleaved by this number; .*\[mote-interleave-rows\]
// EXPECT: interleave<2>
#include "little.hpp"

#if MOTE_FAIL
using assistant = mote::pipeline<little, mote::interleave<2>>;
#else
using assistant = mote::pipeline<little, mote::interleave<4>>;
#endif

static assistant ai;

void use(std::span<const std::byte> image, std::span<std::byte> kept);
void use(std::span<const std::byte> image, std::span<std::byte> kept) {
  if (ai.attach(image) != mote::status::ok) return;
  for (std::string_view piece : ai.ask("Is anybody at home?", 32)) (void)piece.size();
  if (ai.save(kept) == mote::status::ok) (void)ai.load(kept);
}
