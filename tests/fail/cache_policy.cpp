// SPDX-License-Identifier: BSL-1.0
// A cache whose store does not say what it works in.
// EXPECT: mote: this policy's store does not say what it works in; give it `scratch_floats.*\[mote-cache-policy\]
#include "little.hpp"

#if MOTE_FAIL
struct thrifty {
  using slot = mote::slots::cache;
  struct store : mote::float_cache {
    using plain_cache::plain_cache;
    static void scratch_floats();
  };
};
#else
struct thrifty {
  using slot = mote::slots::cache;
  struct store : mote::float_cache {
    using plain_cache::plain_cache;
  };
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
