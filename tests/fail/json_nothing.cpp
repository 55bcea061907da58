// SPDX-License-Identifier: BSL-1.0
// No string.
// EXPECT: mote: an allowed<> or one_of<> without strings allows nothing; .*\[mote-allowed\]
#include <mote/decode/json.hpp>

#include "little.hpp"

#if MOTE_FAIL
using assistant = mote::pipeline<little, mote::json<mote::schema::one_of<>>>;
#else
using assistant = mote::pipeline<little, mote::json<mote::schema::one_of<"yes", "no">>>;
#endif

static assistant ai;

void use(std::span<const std::byte> image, std::span<std::byte> kept);
void use(std::span<const std::byte> image, std::span<std::byte> kept) {
  if (ai.attach(image) != mote::status::ok) return;
  for (std::string_view piece : ai.ask("Is anybody at home?", 32)) (void)piece.size();
  if (ai.save(kept) == mote::status::ok) (void)ai.load(kept);
}
