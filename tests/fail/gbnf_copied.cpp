// SPDX-License-Identifier: BSL-1.0
// What is copied is a rule that calls itself.
// EXPECT: mote: what is copied here calls a rule that calls itself, or copies again; .*\[mote-gbnf-copied\]
#include <mote/decode/gbnf.hpp>

#include "little.hpp"

#if MOTE_FAIL
using assistant =
    mote::pipeline<little, mote::rag<mote::bm25<>>, mote::gbnf<"root ::= copied list list ::= [0-9] (\",\" list)?">>;
#else
using assistant =
    mote::pipeline<little, mote::rag<mote::bm25<>>, mote::gbnf<"root ::= copied list list ::= [0-9] (\",\" [0-9])*">>;
#endif

static assistant ai;

void use(std::span<const std::byte> image, std::span<std::byte> kept);
void use(std::span<const std::byte> image, std::span<std::byte> kept) {
  if (ai.attach(image) != mote::status::ok) return;
  for (std::string_view piece : ai.ask("Is anybody at home?", 32)) (void)piece.size();
  if (ai.save(kept) == mote::status::ok) (void)ai.load(kept);
}
