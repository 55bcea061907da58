// SPDX-License-Identifier: BSL-1.0
// An answer that ends before it begins.
// EXPECT: mote: stop_at<> needs texts.*\[mote-stop-at\]
#include <mote/decode/stop_at.hpp>

#include "little.hpp"

#if MOTE_FAIL
using assistant = mote::pipeline<little, mote::stop_at<"">>;
#else
using assistant = mote::pipeline<little, mote::stop_at<"\n", "User:">>;
#endif

static assistant ai;

void use(std::span<const std::byte> image, std::span<std::byte> kept);
void use(std::span<const std::byte> image, std::span<std::byte> kept) {
  if (ai.attach(image) != mote::status::ok) return;
  for (std::string_view piece : ai.ask("Is anybody at home?", 32)) (void)piece.size();
  if (ai.save(kept) == mote::status::ok) (void)ai.load(kept);
}
