// SPDX-License-Identifier: BSL-1.0
// A policy that measures nothing.
// EXPECT: mote: this policy measures no choice.*\[mote-confidence-policy\]
#include "little.hpp"

#if MOTE_FAIL
struct timid {
  using slot = mote::slots::confidence;
};
#else
struct timid {
  using slot = mote::slots::confidence;
  template <std::size_t Vocab, bool Kept>
  struct state {
    int choices = 0;
    void begin() { choices = 0; }
    static void see(float*) {}
    void picked(const float*, std::size_t) { ++choices; }
    int value() const { return choices; }
  };
};
#endif
using assistant = mote::pipeline<little, timid>;

static assistant ai;

void use(std::span<const std::byte> image, std::span<std::byte> kept);
void use(std::span<const std::byte> image, std::span<std::byte> kept) {
  if (ai.attach(image) != mote::status::ok) return;
  for (std::string_view piece : ai.ask("Is anybody at home?", 32)) (void)piece.size();
  if (ai.save(kept) == mote::status::ok) (void)ai.load(kept);
}
