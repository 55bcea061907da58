// SPDX-License-Identifier: BSL-1.0
// A retriever where a policy is wanted.
// EXPECT: mote: a retriever is not yet a policy; wrap it, as in rag<bm25<>> \[mote-bare-retriever\]
#include "little.hpp"

#if MOTE_FAIL
using assistant = mote::pipeline<little, mote::bm25<>>;
#else
using assistant = mote::pipeline<little, mote::rag<mote::bm25<>>>;
#endif

static assistant ai;

void use(std::span<const std::byte> image, std::span<std::byte> kept);
void use(std::span<const std::byte> image, std::span<std::byte> kept) {
  if (ai.attach(image) != mote::status::ok) return;
  for (std::string_view piece : ai.ask("Is anybody at home?", 32)) (void)piece.size();
  if (ai.save(kept) == mote::status::ok) (void)ai.load(kept);
}
