// SPDX-License-Identifier: BSL-1.0
// A delta that does not say how many floats it trains.
// EXPECT: mote: this delta does not say how many floats it trains; give it .*floats\(const shape&\). \[mote-delta\]
#include "little.hpp"

#include "mote/learn/ia3.hpp"

struct gates {
#if MOTE_FAIL
#else
  template <class Family>
  static constexpr std::size_t floats(const mote::shape& s) {
    return mote::output_vectors<Family>{s, mote::only(mote::role::up)}.floats();
  }
#endif
  template <class Family, mote::shape S>
  static mote::output_scales<Family> over(float* parameters, float* gradients) {
    return {{S, mote::only(mote::role::up)}, parameters, gradients};
  }
  template <class Family>
  static constexpr std::uint64_t fingerprint() {
    return mote::fingerprint{}.add("gates").value();
  }
};
using assistant = mote::pipeline<little, mote::learner<gates>>;

static assistant ai;

void use(std::span<const std::byte> image, std::span<std::byte> kept);
void use(std::span<const std::byte> image, std::span<std::byte> kept) {
  if (ai.attach(image) != mote::status::ok) return;
  (void)ai.learning().rate(0.01F);
  while (!ai.learn({.prompt = "lights off", .answer = "done"}).done) (void)ai.learn_step(64);
  for (std::string_view piece : ai.ask("Is anybody at home?", 32)) (void)piece.size();
  if (ai.save(kept) == mote::status::ok) (void)ai.load(kept);
}
