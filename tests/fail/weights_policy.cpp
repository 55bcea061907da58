// SPDX-License-Identifier: BSL-1.0
// A policy of the weights that gives no format.
// EXPECT: mote: this policy does not say how a matrix is kept; .*\[mote-weights-policy\]
#include "little.hpp"

#if MOTE_FAIL
struct thrifty {
  using slot = mote::slots::weights;
};
#else
struct thrifty {
  using slot = mote::slots::weights;
  template <std::size_t Rows, std::size_t>
  using format = mote::q8<Rows>;
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
