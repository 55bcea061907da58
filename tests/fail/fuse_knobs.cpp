// SPDX-License-Identifier: BSL-1.0
// Nothing to fuse.
// EXPECT: mote: fuse<> has a knob out of range; .*\[mote-fuse-knobs\]
#include <mote/recall/flat.hpp>
#include <mote/recall/fuse.hpp>

#include "little.hpp"

#if MOTE_FAIL
using both = mote::fuse<mote::bm25<>, mote::flat<>, mote::fuse_knobs{.depth = 0}>;
#else
using both = mote::fuse<mote::bm25<>, mote::flat<>, mote::fuse_knobs{.depth = 4}>;
#endif
using assistant = mote::pipeline<little, mote::rag<both>>;

static assistant ai;

void use(std::span<const std::byte> image, std::span<std::byte> kept);
void use(std::span<const std::byte> image, std::span<std::byte> kept) {
  if (ai.attach(image) != mote::status::ok) return;
  if (ai.remember("The key lies under the mat.") != mote::status::ok) return;
  for (std::string_view piece : ai.ask("Is anybody at home?", 32)) (void)piece.size();
  if (ai.save(kept) == mote::status::ok) (void)ai.load(kept);
}
