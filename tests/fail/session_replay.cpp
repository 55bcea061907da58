// SPDX-License-Identifier: BSL-1.0
// A session in a window beside a constraint whose state cannot be checked when it is read back.
// EXPECT: mote: a session keeps the state of a constraint that copies.*\[mote-session-replay\]
#include <mote/decode/constraint.hpp>

#include "little.hpp"

struct digits {
  using slot = mote::slots::constraint;
  static constexpr mote::byte_set bytes = [] {
    mote::byte_set b;
    b.add('0', '9');
    return b;
  }();
  struct state {
    int left = 300;
    bool enter(unsigned char b) { return bytes.has(b) && --left >= 0; }
    bool may_end() const { return left == 0; }
#if MOTE_FAIL
    // bytes that were read may have any number in `left`
#else
    bool sound() const { return left >= 0 && left <= 300; }
#endif
    bool operator==(const state&) const = default;
  };
};
using assistant = mote::pipeline<little, mote::context<64>, mote::window<32, 4>, digits>;

static assistant ai;

struct nowhere {
  static mote::status put(std::span<const std::byte>) { return mote::status::ok; }
};

void use(std::span<const std::byte> image);
void use(std::span<const std::byte> image) {
  if (ai.attach(image) != mote::status::ok) return;
  if (ai.begin("Is anybody at home?") != mote::status::ok) return;
  nowhere sink;
  if (ai.save_session(sink) == mote::status::ok) ai.stop();
}
