// SPDX-License-Identifier: BSL-1.0
// Recalled items that leave no room for the question.
// EXPECT: mote: recalled items, a question and an answer do not fit the context together; .*\[mote-prompt-budget\]
// EXPECT: recalled_tokens\{96\}
// EXPECT: dialogue_tokens\{35\}
// EXPECT: context_tokens\{128\}
#include "little.hpp"

#if MOTE_FAIL
using assistant = mote::pipeline<little, mote::context<128>, mote::rag<mote::bm25<>>>;
#else
using assistant = mote::pipeline<little, mote::context<160>, mote::rag<mote::bm25<>>>;
#endif

static assistant ai;

void use(std::span<const std::byte> image, std::span<std::byte> kept);
void use(std::span<const std::byte> image, std::span<std::byte> kept) {
  if (ai.attach(image) != mote::status::ok) return;
  if (ai.remember("The key lies under the mat.") != mote::status::ok) return;
  for (std::string_view piece : ai.ask("Is anybody at home?", 32)) (void)piece.size();
  if (ai.save(kept) == mote::status::ok) (void)ai.load(kept);
}
