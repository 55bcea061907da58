// SPDX-License-Identifier: BSL-1.0
// A decoding policy that picks nothing.
// EXPECT: mote: this policy's state picks no token; give it `std::size_t pick.*\[mote-decoding-policy\]
#include "little.hpp"

#if MOTE_FAIL
struct thrifty {
  using slot = mote::slots::decoding;
  template <std::size_t Vocab>
  struct state {
    static void seed(std::uint64_t) {}
  };
};
#else
struct thrifty {
  using slot = mote::slots::decoding;
  template <std::size_t Vocab>
  struct state {
    static void seed(std::uint64_t) {}
    static std::size_t pick(const float*) { return 0; }
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
