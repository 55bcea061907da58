// SPDX-License-Identifier: BSL-1.0
// A range without a number.
// EXPECT: mote: a range of this schema holds nothing, .*\[mote-json-range\]
#include <mote/decode/json.hpp>

#include "little.hpp"

#if MOTE_FAIL
using assistant = mote::pipeline<little, mote::json<mote::schema::integer<10, 1>>>;
#else
using assistant = mote::pipeline<little, mote::json<mote::schema::integer<1, 10>>>;
#endif

static assistant ai;

void use(std::span<const std::byte> image, std::span<std::byte> kept);
void use(std::span<const std::byte> image, std::span<std::byte> kept) {
  if (ai.attach(image) != mote::status::ok) return;
  for (std::string_view piece : ai.ask("Is anybody at home?", 32)) (void)piece.size();
  if (ai.save(kept) == mote::status::ok) (void)ai.load(kept);
}
