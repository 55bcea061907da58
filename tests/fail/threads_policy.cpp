// SPDX-License-Identifier: BSL-1.0
// A team that does no work.
// LINES: 15
// EXPECT: mote: this policy's team does no work; give it `run.*\[mote-threads-policy\]
#include "little.hpp"

#if MOTE_FAIL
struct thrifty : mote::single_thread {
  struct team : single_thread::team {
    static void run() {}
  };
};
#else
struct thrifty : mote::single_thread {
  struct team : single_thread::team {};
};
#endif
using assistant = mote::pipeline<little, thrifty>;

static assistant ai;

void use(std::span<const std::byte> image, std::span<std::byte> kept);
void use(std::span<const std::byte> image, std::span<std::byte> kept) {
  if (ai.attach(image) != mote::status::ok) return;
  for (std::string_view piece : ai.ask("Is anybody at home?", 32)) (void)piece.size();
  if (ai.save(kept) == mote::status::ok) (void)ai.load(kept);
}
