// SPDX-License-Identifier: BSL-1.0
// A policy where a retriever is wanted.
// EXPECT: mote: fuse<> takes two retrievers that are made of a store, features and an index, .*\[mote-fuse\]
#include <mote/recall/flat.hpp>
#include <mote/recall/fuse.hpp>

#include "little.hpp"

#if MOTE_FAIL
using both = mote::fuse<mote::rag<mote::bm25<>>, mote::flat<>>;
#else
using both = mote::fuse<mote::bm25<>, mote::flat<>>;
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
