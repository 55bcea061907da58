// SPDX-License-Identifier: BSL-1.0
// A number of bits that no two-level block has.
// EXPECT: mote: two-level blocks cannot have this many bits; .*\[mote-two-level-bits\]
// EXPECT: two_level<8
#include "little.hpp"

#include <mote/policy/two_level.hpp>

#if MOTE_FAIL
using assistant = mote::pipeline<little, mote::two_level<8>>;
#else
using assistant = mote::pipeline<little, mote::two_level<6>>;
#endif

static assistant ai;

void use(std::span<const std::byte> image, std::span<std::byte> kept);
void use(std::span<const std::byte> image, std::span<std::byte> kept) {
  if (ai.attach(image) != mote::status::ok) return;
  for (std::string_view piece : ai.ask("Is anybody at home?", 32)) (void)piece.size();
  if (ai.save(kept) == mote::status::ok) (void)ai.load(kept);
}
