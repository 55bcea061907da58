// SPDX-License-Identifier: BSL-1.0
// Texts are taken out of nothing.
// EXPECT: mote: without<> takes texts out of.*\[mote-without\]
#include <mote/decode/banned.hpp>
#include <mote/decode/gbnf.hpp>

#include "little.hpp"

#if MOTE_FAIL
using assistant = mote::pipeline<little, mote::without<mote::greedy, "http">>;
#else
using assistant = mote::pipeline<little, mote::without<mote::gbnf<"root ::= [a-z]{1,20}">, "http">>;
#endif

static assistant ai;

void use(std::span<const std::byte> image, std::span<std::byte> kept);
void use(std::span<const std::byte> image, std::span<std::byte> kept) {
  if (ai.attach(image) != mote::status::ok) return;
  for (std::string_view piece : ai.ask("Is anybody at home?", 32)) (void)piece.size();
  if (ai.save(kept) == mote::status::ok) (void)ai.load(kept);
}
