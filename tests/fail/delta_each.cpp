// SPDX-License-Identifier: BSL-1.0
// A delta whose view does not list its floats, with a schedule that moves them without a way back.
// EXPECT: mote: this delta's view does not list the floats that a schedule without a way back moves; give it .each\(f\) const.*\[mote-delta\]
#include "little.hpp"

#include "mote/learn/ia3.hpp"
#include "mote/learn/zeroth_order.hpp"

#if MOTE_FAIL
template <class Family>
struct gates_seen : mote::output_scales<Family> {
  using mote::output_scales<Family>::output_scales;

 private:
  using mote::output_scales<Family>::each;
};
#else
template <class Family>
struct gates_seen : mote::output_scales<Family> {
  using mote::output_scales<Family>::output_scales;
};
#endif
struct gates : mote::output_delta<mote::only(mote::role::up), gates_seen> {
  template <class Family>
  static constexpr std::uint64_t fingerprint() {
    return mote::fingerprint{}.add("gates").value();
  }
};
using assistant = mote::pipeline<little, mote::learner<gates, mote::sgd<>, mote::zeroth_order<>>>;

static assistant ai;

void use(std::span<const std::byte> image, std::span<std::byte> kept);
void use(std::span<const std::byte> image, std::span<std::byte> kept) {
  if (ai.attach(image) != mote::status::ok) return;
  (void)ai.learning().rate(0.01F);
  while (!ai.learn({.prompt = "lights off", .answer = "done"}).done) (void)ai.learn_step(64);
  for (std::string_view piece : ai.ask("Is anybody at home?", 32)) (void)piece.size();
  if (ai.save(kept) == mote::status::ok) (void)ai.load(kept);
}
