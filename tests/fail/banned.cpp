// SPDX-License-Identifier: BSL-1.0
// An empty text, which every answer has.
// EXPECT: mote: banned<> and without<> need texts.*\[mote-banned\]
#include <mote/decode/banned.hpp>

#include "little.hpp"

#if MOTE_FAIL
using assistant = mote::pipeline<little, mote::banned<"http", "">>;
#else
using assistant = mote::pipeline<little, mote::banned<"http", "www.">>;
#endif

static assistant ai;

void use(std::span<const std::byte> image, std::span<std::byte> kept);
void use(std::span<const std::byte> image, std::span<std::byte> kept) {
  if (ai.attach(image) != mote::status::ok) return;
  for (std::string_view piece : ai.ask("Is anybody at home?", 32)) (void)piece.size();
  if (ai.save(kept) == mote::status::ok) (void)ai.load(kept);
}
