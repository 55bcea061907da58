// SPDX-License-Identifier: BSL-1.0
// A class without its end.
// EXPECT: mote: this is not GBNF at the offset that `at_offset` beside this message names; .*\[mote-gbnf-syntax\]
#include <mote/decode/gbnf.hpp>

#include "little.hpp"

#if MOTE_FAIL
using assistant = mote::pipeline<little, mote::gbnf<"root ::= [0-9">>;
#else
using assistant = mote::pipeline<little, mote::gbnf<"root ::= [0-9]">>;
#endif

static assistant ai;

void use(std::span<const std::byte> image, std::span<std::byte> kept);
void use(std::span<const std::byte> image, std::span<std::byte> kept) {
  if (ai.attach(image) != mote::status::ok) return;
  for (std::string_view piece : ai.ask("Is anybody at home?", 32)) (void)piece.size();
  if (ai.save(kept) == mote::status::ok) (void)ai.load(kept);
}
