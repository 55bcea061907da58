// SPDX-License-Identifier: BSL-1.0
// Copies from notes, in a pipeline that has none.
// EXPECT: mote: this constraint copies from notes, and the pipeline recalls none; .*\[mote-copied-notes\]
#include <mote/decode/gbnf.hpp>

#include "little.hpp"

#if MOTE_FAIL
using assistant = mote::pipeline<little, mote::copied<1, 24>>;
#else
using assistant = mote::pipeline<little, mote::copied<1, 24>, mote::rag<mote::bm25<>>>;
#endif

static assistant ai;

void use(std::span<const std::byte> image, std::span<std::byte> kept);
void use(std::span<const std::byte> image, std::span<std::byte> kept) {
  if (ai.attach(image) != mote::status::ok) return;
  for (std::string_view piece : ai.ask("Is anybody at home?", 32)) (void)piece.size();
  if (ai.save(kept) == mote::status::ok) (void)ai.load(kept);
}
