// SPDX-License-Identifier: BSL-1.0
// A session of a decoding policy whose state cannot be copied as bytes.
// EXPECT: mote: a session keeps the state of its decoding policy as bytes, and this one's is no plain bytes; .*\[mote-session-state\]
#include "little.hpp"

struct counted {
  using slot = mote::slots::decoding;
  template <std::size_t Vocab>
  struct state {
#if MOTE_FAIL
    std::size_t* picks = nullptr;
    ~state() { picks = nullptr; }
#else
    std::size_t picks = 0;
#endif
    static void seed(std::uint64_t) {}
    static std::size_t pick(const float* logits) { return logits[0] > 0 ? 0 : 1; }
  };
};
using assistant = mote::pipeline<little, counted>;

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
