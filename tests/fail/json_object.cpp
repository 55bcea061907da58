// SPDX-License-Identifier: BSL-1.0
// A value where a field stands.
// EXPECT: mote: this schema has what is no kind of value, or an object<> has what is no field<> or optional<>; .*\[mote-json-kind\]
#include <mote/decode/json.hpp>

#include "little.hpp"

#if MOTE_FAIL
using assistant = mote::pipeline<little, mote::json<mote::schema::object<mote::schema::boolean>>>;
#else
using assistant =
    mote::pipeline<little, mote::json<mote::schema::object<mote::schema::field<"on", mote::schema::boolean>>>>;
#endif

static assistant ai;

void use(std::span<const std::byte> image, std::span<std::byte> kept);
void use(std::span<const std::byte> image, std::span<std::byte> kept) {
  if (ai.attach(image) != mote::status::ok) return;
  for (std::string_view piece : ai.ask("Is anybody at home?", 32)) (void)piece.size();
  if (ai.save(kept) == mote::status::ok) (void)ai.load(kept);
}
