// SPDX-License-Identifier: BSL-1.0
// A pattern that takes a quote.
// EXPECT: mote: a pattern of matching<> takes a character that a JSON string must escape; .*\[mote-json-pattern\]
#include <mote/decode/json.hpp>

#include "little.hpp"

#if MOTE_FAIL
using assistant = mote::pipeline<little, mote::json<mote::schema::matching<"[^a]+">>>;
#else
using assistant = mote::pipeline<little, mote::json<mote::schema::matching<"[0-9A-Z]+">>>;
#endif

static assistant ai;

void use(std::span<const std::byte> image, std::span<std::byte> kept);
void use(std::span<const std::byte> image, std::span<std::byte> kept) {
  if (ai.attach(image) != mote::status::ok) return;
  for (std::string_view piece : ai.ask("Is anybody at home?", 32)) (void)piece.size();
  if (ai.save(kept) == mote::status::ok) (void)ai.load(kept);
}
