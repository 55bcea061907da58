// SPDX-License-Identifier: BSL-1.0
// A recall policy that does not say how long its texts may be.
// EXPECT: mote: this policy does not say how long those texts may be together; give it `tokens` \[mote-recall-policy\]
#include "little.hpp"

#if MOTE_FAIL
struct thrifty : mote::rag<mote::bm25<>> {
 private:
  using rag::tokens;
};
#else
struct thrifty : mote::rag<mote::bm25<>> {};
#endif
using assistant = mote::pipeline<little, thrifty>;

static assistant ai;

void use(std::span<const std::byte> image, std::span<std::byte> kept);
void use(std::span<const std::byte> image, std::span<std::byte> kept) {
  if (ai.attach(image) != mote::status::ok) return;
  for (std::string_view piece : ai.ask("Is anybody at home?", 32)) (void)piece.size();
  if (ai.save(kept) == mote::status::ok) (void)ai.load(kept);
}
