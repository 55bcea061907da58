// SPDX-License-Identifier: BSL-1.0
// Two stores where one is shared.
// EXPECT: mote: fuse<> keeps each text once, so both retrievers need the same store; .*\[mote-fuse\]
#include <mote/recall/flat.hpp>
#include <mote/recall/fuse.hpp>

#include "little.hpp"

#if MOTE_FAIL
using letters = mote::flat<mote::flat_knobs{.items = 50}>;
#else
using letters = mote::flat<mote::flat_knobs{.items = 64}>;
#endif
using assistant = mote::pipeline<little, mote::rag<mote::fuse<mote::bm25<>, letters>>>;

static assistant ai;

void use(std::span<const std::byte> image, std::span<std::byte> kept);
void use(std::span<const std::byte> image, std::span<std::byte> kept) {
  if (ai.attach(image) != mote::status::ok) return;
  if (ai.remember("The key lies under the mat.") != mote::status::ok) return;
  for (std::string_view piece : ai.ask("Is anybody at home?", 32)) (void)piece.size();
  if (ai.save(kept) == mote::status::ok) (void)ai.load(kept);
}
