// SPDX-License-Identifier: BSL-1.0
// A context without a length.
// EXPECT: mote: this policy does not say how many tokens are seen; .*\[mote-context-policy\]
#include "little.hpp"

#if MOTE_FAIL
struct thrifty {
  using slot = mote::slots::context;
};
#else
struct thrifty {
  using slot = mote::slots::context;
  static constexpr std::size_t tokens = 64;
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
