// SPDX-License-Identifier: BSL-1.0
// A list that begins with itself.
// EXPECT: mote: a rule of this grammar begins with itself; .*\[mote-gbnf-left\]
#include <mote/decode/gbnf.hpp>

#include "little.hpp"

#if MOTE_FAIL
using assistant = mote::pipeline<little, mote::gbnf<"root ::= root \",\" [0-9] | [0-9]">>;
#else
using assistant = mote::pipeline<little, mote::gbnf<"root ::= [0-9] (\",\" [0-9])*">>;
#endif

static assistant ai;

void use(std::span<const std::byte> image, std::span<std::byte> kept);
void use(std::span<const std::byte> image, std::span<std::byte> kept) {
  if (ai.attach(image) != mote::status::ok) return;
  for (std::string_view piece : ai.ask("Is anybody at home?", 32)) (void)piece.size();
  if (ai.save(kept) == mote::status::ok) (void)ai.load(kept);
}
