// SPDX-License-Identifier: BSL-1.0
// A palindrome: the byte does not say whether the middle was passed.
// EXPECT: mote: in this grammar the byte that is named here .*\[mote-gbnf-two-ways\]
#include <mote/decode/gbnf.hpp>

#include "little.hpp"

#if MOTE_FAIL
using assistant = mote::pipeline<little, mote::gbnf<"root ::= \"a\" root? \"a\"">>;
#else
using assistant = mote::pipeline<little, mote::gbnf<"root ::= \"(\" root? \")\"">>;
#endif

static assistant ai;

void use(std::span<const std::byte> image, std::span<std::byte> kept);
void use(std::span<const std::byte> image, std::span<std::byte> kept) {
  if (ai.attach(image) != mote::status::ok) return;
  for (std::string_view piece : ai.ask("Is anybody at home?", 32)) (void)piece.size();
  if (ai.save(kept) == mote::status::ok) (void)ai.load(kept);
}
