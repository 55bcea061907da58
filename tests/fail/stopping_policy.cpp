// SPDX-License-Identifier: BSL-1.0
// A policy that ends answers, and does not say how.
// EXPECT: mote: this policy has no state that holds texts back.*\[mote-stopping-policy\]
#include "little.hpp"

#if MOTE_FAIL
struct impatient {
  using slot = mote::slots::stopping;
};
#else
struct impatient {
  using slot = mote::slots::stopping;
  struct state {
    mote::passed_text enter(std::string_view piece) { return {.first = piece, .second = {}, .stops = true}; }
    std::string_view release() { return {}; }
  };
};
#endif
using assistant = mote::pipeline<little, impatient>;

static assistant ai;

void use(std::span<const std::byte> image, std::span<std::byte> kept);
void use(std::span<const std::byte> image, std::span<std::byte> kept) {
  if (ai.attach(image) != mote::status::ok) return;
  for (std::string_view piece : ai.ask("Is anybody at home?", 32)) (void)piece.size();
  if (ai.save(kept) == mote::status::ok) (void)ai.load(kept);
}
