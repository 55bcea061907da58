// SPDX-License-Identifier: BSL-1.0
// A number of bits that no cache has.
// EXPECT: mote: keys and values cannot be kept in this many bits; .*\[mote-cache-bits\]
// EXPECT: cache<6>
#include "little.hpp"

#if MOTE_FAIL
using assistant = mote::pipeline<little, mote::cache<6>>;
#else
using assistant = mote::pipeline<little, mote::cache<8>>;
#endif

static assistant ai;

void use(std::span<const std::byte> image, std::span<std::byte> kept);
void use(std::span<const std::byte> image, std::span<std::byte> kept) {
  if (ai.attach(image) != mote::status::ok) return;
  for (std::string_view piece : ai.ask("Is anybody at home?", 32)) (void)piece.size();
  if (ai.save(kept) == mote::status::ok) (void)ai.load(kept);
}
