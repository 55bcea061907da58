// SPDX-License-Identifier: BSL-1.0
// A number of bits that kivi does not have.
// EXPECT: mote: old keys and values cannot be kept in this many bits; .*\[mote-kivi-bits\]
// EXPECT: kivi<3
#include "little.hpp"

#if MOTE_FAIL
using assistant = mote::pipeline<little, mote::kivi<3>>;
#else
using assistant = mote::pipeline<little, mote::kivi<4>>;
#endif

static assistant ai;

void use(std::span<const std::byte> image, std::span<std::byte> kept);
void use(std::span<const std::byte> image, std::span<std::byte> kept) {
  if (ai.attach(image) != mote::status::ok) return;
  for (std::string_view piece : ai.ask("Is anybody at home?", 32)) (void)piece.size();
  if (ai.save(kept) == mote::status::ok) (void)ai.load(kept);
}
