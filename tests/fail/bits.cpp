// SPDX-License-Identifier: BSL-1.0
// A number of bits that no format has.
// EXPECT: mote: weights cannot be kept in this many bits; use quantize<2>, <3>, <4>, <5>, <6>, <8>, <16> or <32> \[mote-bits\]
// EXPECT: quantize<7
#include "little.hpp"

#if MOTE_FAIL
using assistant = mote::pipeline<little, mote::quantize<7>>;
#else
using assistant = mote::pipeline<little, mote::quantize<8>>;
#endif

static assistant ai;

void use(std::span<const std::byte> image, std::span<std::byte> kept);
void use(std::span<const std::byte> image, std::span<std::byte> kept) {
  if (ai.attach(image) != mote::status::ok) return;
  for (std::string_view piece : ai.ask("Is anybody at home?", 32)) (void)piece.size();
  if (ai.save(kept) == mote::status::ok) (void)ai.load(kept);
}
