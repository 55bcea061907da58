// SPDX-License-Identifier: BSL-1.0
// An overflow policy that does not say what stays.
// EXPECT: mote: this policy does not say what stays when the context is full; .*\[mote-overflow-policy\]
#include "little.hpp"

#if MOTE_FAIL
struct forgetful {
  using slot = mote::slots::overflow;
  static constexpr std::size_t kept = 64;
};
#else
struct forgetful {
  using slot = mote::slots::overflow;
  static constexpr std::size_t kept = 64;
  static constexpr std::size_t sinks = 0;
};
#endif
using assistant = mote::pipeline<little, forgetful>;

static assistant ai;

void use(std::span<const std::byte> image, std::span<std::byte> kept);
void use(std::span<const std::byte> image, std::span<std::byte> kept) {
  if (ai.attach(image) != mote::status::ok) return;
  for (std::string_view piece : ai.ask("Is anybody at home?", 32)) (void)piece.size();
  if (ai.save(kept) == mote::status::ok) (void)ai.load(kept);
}
