// SPDX-License-Identifier: BSL-1.0
// A learning rate of thirty.
// EXPECT: mote: a learning rate must lie in 0 to 10; .*\[mote-rate\]
#include "little.hpp"

#if MOTE_FAIL
using assistant = mote::pipeline<little, mote::lora<4, mote::lora_knobs{}, mote::adam<mote::adam_knobs{.rate = 30}>>>;
#else
using assistant =
    mote::pipeline<little, mote::lora<4, mote::lora_knobs{}, mote::adam<mote::adam_knobs{.rate = 0.003F}>>>;
#endif

static assistant ai;

void use(std::span<const std::byte> image, std::span<std::byte> kept);
void use(std::span<const std::byte> image, std::span<std::byte> kept) {
  if (ai.attach(image) != mote::status::ok) return;
  for (std::string_view piece : ai.ask("Is anybody at home?", 32)) (void)piece.size();
  if (ai.save(kept) == mote::status::ok) (void)ai.load(kept);
}
