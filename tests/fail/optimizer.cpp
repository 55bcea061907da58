// SPDX-License-Identifier: BSL-1.0
// An optimizer that makes no step.
// EXPECT: mote: this optimizer makes no step; give it `bool step.*\[mote-optimizer\]
#include "little.hpp"

#if MOTE_FAIL
struct still {
  static constexpr std::size_t state_floats(std::size_t) { return 0; }
  float rate = 0;
  void reset() {}
};
#else
using still = mote::sgd<>;
#endif
using assistant = mote::pipeline<little, mote::lora<4, mote::lora_knobs{}, still>>;

static assistant ai;

void use(std::span<const std::byte> image, std::span<std::byte> kept);
void use(std::span<const std::byte> image, std::span<std::byte> kept) {
  if (ai.attach(image) != mote::status::ok) return;
  for (std::string_view piece : ai.ask("Is anybody at home?", 32)) (void)piece.size();
  if (ai.save(kept) == mote::status::ok) (void)ai.load(kept);
}
