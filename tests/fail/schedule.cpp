// SPDX-License-Identifier: BSL-1.0
// A schedule that does not say what it keeps between passes.
// EXPECT: mote: this schedule does not say what it keeps between passes; give it .template <std::size_t Batch> struct state.*\[mote-schedule\]
#include "little.hpp"

struct upper_half {
  static constexpr bool goes_back = true;
  static constexpr std::size_t first_layer(const mote::shape& s) { return s.layers / 2; }
#if MOTE_FAIL
#else
  template <std::size_t Batch>
  struct state {};
#endif
};
using assistant = mote::pipeline<little, mote::lora<4, mote::lora_knobs{}, mote::adam<>, upper_half>>;

static assistant ai;

void use(std::span<const std::byte> image, std::span<std::byte> kept);
void use(std::span<const std::byte> image, std::span<std::byte> kept) {
  if (ai.attach(image) != mote::status::ok) return;
  (void)ai.learning().rate(0.01F);
  while (!ai.learn({.prompt = "lights off", .answer = "done"}).done) (void)ai.learn_step(64);
  for (std::string_view piece : ai.ask("Is anybody at home?", 32)) (void)piece.size();
  if (ai.save(kept) == mote::status::ok) (void)ai.load(kept);
}
