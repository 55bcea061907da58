// SPDX-License-Identifier: BSL-1.0
// An answer is accepted by a pipeline that keeps none.
// EXPECT: mote: this pipeline keeps no examples; add them, .*\[mote-no-examples\]
#include "little.hpp"
#include "mote/recall/examples.hpp"
#include "recalling.hpp"

#if MOTE_FAIL
using assistant = mote::pipeline<little, mote::rag<mote::bm25<>>>;
#else
using assistant = mote::pipeline<little, mote::examples<16, mote::rag<mote::bm25<>>>>;
#endif

static assistant ai;

void use(std::span<const std::byte> image);
void use(std::span<const std::byte> image) {
  if (ai.attach(image) != mote::status::ok) return;
  for (std::string_view piece : ai.ask("Is anybody at home?", 32)) (void)piece.size();
  if (ai.approve("Is anybody at home?", "Nobody.") == mote::status::ok) ai.stop();
}
