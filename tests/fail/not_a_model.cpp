// SPDX-License-Identifier: BSL-1.0
// The model was forgotten.
// EXPECT: mote: the first argument of pipeline<> is not a model; .*\[mote-not-a-model\]
#include "little.hpp"

#if MOTE_FAIL
using assistant = mote::pipeline<mote::quantize<8>, mote::lora<4>>;
#else
using assistant = mote::pipeline<little, mote::quantize<8>, mote::lora<4>>;
#endif

static assistant ai;

void use(std::span<const std::byte> image, std::span<std::byte> kept);
void use(std::span<const std::byte> image, std::span<std::byte> kept) {
  if (ai.attach(image) != mote::status::ok) return;
  ai.learn({.prompt = "lights off", .answer = "done"});
  for (std::string_view piece : ai.ask("Is anybody at home?", 32)) (void)piece.size();
  if (ai.save(kept) == mote::status::ok) (void)ai.load(kept);
}
