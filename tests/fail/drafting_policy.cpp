// SPDX-License-Identifier: BSL-1.0
// A drafting policy without a guess.
// EXPECT: mote: this policy's state has no guess; give it `std::size_t propose.*\[mote-drafting-policy\]
#include "little.hpp"

#if MOTE_FAIL
struct thrifty {
  using slot = mote::slots::drafting;
  static constexpr std::size_t length = 2;
  template <class Token>
  struct state {
    static void observe(std::span<const Token>) {}
    static void reset() {}
  };
};
#else
struct thrifty {
  using slot = mote::slots::drafting;
  static constexpr std::size_t length = 2;
  template <class Token>
  struct state {
    static void observe(std::span<const Token>) {}
    static std::size_t propose(std::span<const Token>, std::span<Token>) { return 0; }
    static void reset() {}
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
