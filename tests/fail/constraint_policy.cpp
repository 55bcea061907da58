// SPDX-License-Identifier: BSL-1.0
// A constraint that does not say where an answer may end.
// EXPECT: mote: this policy has no state that takes bytes; .*\[mote-constraint-policy\]
#include "little.hpp"

#if MOTE_FAIL
struct digits {
  using slot = mote::slots::constraint;
  static constexpr mote::byte_set bytes = mote::byte_set::every();
  struct state {
    static bool enter(unsigned char byte) { return byte >= '0' && byte <= '9'; }
    bool operator==(const state&) const = default;
  };
};
#else
struct digits {
  using slot = mote::slots::constraint;
  static constexpr mote::byte_set bytes = mote::byte_set::every();
  struct state {
    static bool enter(unsigned char byte) { return byte >= '0' && byte <= '9'; }
    static bool may_end() { return true; }
    bool operator==(const state&) const = default;
  };
};
#endif
using assistant = mote::pipeline<little, digits>;

static assistant ai;

void use(std::span<const std::byte> image, std::span<std::byte> kept);
void use(std::span<const std::byte> image, std::span<std::byte> kept) {
  if (ai.attach(image) != mote::status::ok) return;
  for (std::string_view piece : ai.ask("Is anybody at home?", 32)) (void)piece.size();
  if (ai.save(kept) == mote::status::ok) (void)ai.load(kept);
}
