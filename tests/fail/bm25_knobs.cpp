// SPDX-License-Identifier: BSL-1.0
// An index of no items.
// EXPECT: mote: bm25<> takes \.items from 1 to 1048576 \[mote-bm25-knobs\]
#include "little.hpp"

#if MOTE_FAIL
using assistant = mote::pipeline<little, mote::rag<mote::bm25<mote::bm25_knobs{.items = 0}>>>;
#else
using assistant = mote::pipeline<little, mote::rag<mote::bm25<mote::bm25_knobs{.items = 8}>>>;
#endif

static assistant ai;

void use(std::span<const std::byte> image, std::span<std::byte> kept);
void use(std::span<const std::byte> image, std::span<std::byte> kept) {
  if (ai.attach(image) != mote::status::ok) return;
  if (ai.remember("The key lies under the mat.") != mote::status::ok) return;
  for (std::string_view piece : ai.ask("Is anybody at home?", 32)) (void)piece.size();
  if (ai.save(kept) == mote::status::ok) (void)ai.load(kept);
}
