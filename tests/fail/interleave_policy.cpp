// SPDX-License-Identifier: BSL-1.0
// A layout that does not say how many rows.
// EXPECT: mote: this policy does not say how rows are interleaved; .*\[mote-interleave-policy\]
#include "little.hpp"

#if MOTE_FAIL
struct thrifty {
  using slot = mote::slots::interleave;
};
#else
struct thrifty {
  using slot = mote::slots::interleave;
  static constexpr std::size_t rows = 4;
};
#endif
using assistant = mote::pipeline<little, thrifty>;

static assistant ai;

void use(std::span<const std::byte> image, std::span<std::byte> kept);
void use(std::span<const std::byte> image, std::span<std::byte> kept) {
  if (ai.attach(image) != mote::status::ok) return;
  for (std::string_view piece : ai.ask("Is anybody at home?", 32)) (void)piece.size();
  if (ai.save(kept) == mote::status::ok) (void)ai.load(kept);
}
