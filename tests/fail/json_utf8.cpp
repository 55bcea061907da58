// SPDX-License-Identifier: BSL-1.0
// A string of a schema that is no UTF-8.
// EXPECT: mote: a string of this schema is not UTF-8, .*\[mote-json-utf8\]
#include <mote/decode/json.hpp>

#include "little.hpp"

#if MOTE_FAIL
using assistant = mote::pipeline<little, mote::json<mote::schema::one_of<"Zo\xEB", "Anna">>>;
#else
using assistant = mote::pipeline<little, mote::json<mote::schema::one_of<"Zo\xC3\xAB", "Anna">>>;
#endif

static assistant ai;

void use(std::span<const std::byte> image, std::span<std::byte> kept);
void use(std::span<const std::byte> image, std::span<std::byte> kept) {
  if (ai.attach(image) != mote::status::ok) return;
  for (std::string_view piece : ai.ask("Is anybody at home?", 32)) (void)piece.size();
  if (ai.save(kept) == mote::status::ok) (void)ai.load(kept);
}
