// SPDX-License-Identifier: BSL-1.0
// A pipeline that was not told to remember.
// EXPECT: mote: this pipeline does not recall; add a retriever, .*\[mote-no-recall\]
#include "little.hpp"

#if MOTE_FAIL
using assistant = mote::pipeline<little, mote::lora<4>>;
#else
using assistant = mote::pipeline<little, mote::lora<4>, mote::rag<mote::bm25<>>>;
#endif

static assistant ai;

void use(std::span<const std::byte> image, std::span<std::byte> kept);
void use(std::span<const std::byte> image, std::span<std::byte> kept) {
  if (ai.attach(image) != mote::status::ok) return;
  if (ai.remember("The key lies under the mat.") != mote::status::ok) return;
  for (std::string_view piece : ai.ask("Is anybody at home?", 32)) (void)piece.size();
  if (ai.save(kept) == mote::status::ok) (void)ai.load(kept);
}
