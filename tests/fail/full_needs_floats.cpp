// SPDX-License-Identifier: BSL-1.0
// Full training of integers.
// EXPECT: mote: full<> trains floats; .*\[mote-full-needs-floats\]
#include "little.hpp"

#if MOTE_FAIL
using assistant = mote::pipeline<little, mote::quantize<8>, mote::full<>>;
#else
using assistant = mote::pipeline<little, mote::quantize<32>, mote::full<>>;
#endif

static assistant ai;

void use(std::span<const std::byte> image, std::span<std::byte> kept);
void use(std::span<const std::byte> image, std::span<std::byte> kept) {
  if (ai.attach(image) != mote::status::ok) return;
  ai.learn({.prompt = "lights off", .answer = "done"});
  for (std::string_view piece : ai.ask("Is anybody at home?", 32)) (void)piece.size();
  if (ai.save(kept) == mote::status::ok) (void)ai.load(kept);
}
