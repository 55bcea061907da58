// SPDX-License-Identifier: BSL-1.0
// A delta whose number of floats an optimizer's vectors do not divide.
// EXPECT: mote: a delta's floats are a multiple of 16; round what floats\(\) gives up with mote::padded\(\) \[mote-delta-floats\]
#include "little.hpp"

#include "mote/learn/ia3.hpp"

struct gates : mote::ia3_delta<mote::only(mote::role::up)> {
#if MOTE_FAIL
  template <class Family>
  static constexpr std::size_t floats(const mote::shape& s) {
    return s.layers * s.hidden;
  }
#else
  template <class Family>
  static constexpr std::size_t floats(const mote::shape& s) {
    return s.layers * mote::padded(s.hidden);
  }
#endif
};
using assistant = mote::pipeline<little, mote::learner<gates>>;

static assistant ai;

void use(std::span<const std::byte> image);
void use(std::span<const std::byte> image) {
  if (ai.attach(image) != mote::status::ok) return;
  ai.learn({.prompt = "lights off", .answer = "done"});
}
