// SPDX-License-Identifier: BSL-1.0
// A field without a name.
// EXPECT: mote: a field of this object<> has no name; .*\[mote-json-unnamed\]
#include <mote/decode/json.hpp>

#include "little.hpp"

#if MOTE_FAIL
using assistant =
    mote::pipeline<little, mote::json<mote::schema::object<mote::schema::field<"a", mote::schema::boolean>,
                                                           mote::schema::optional<"", mote::schema::null>>>>;
#else
using assistant =
    mote::pipeline<little, mote::json<mote::schema::object<mote::schema::field<"a", mote::schema::boolean>,
                                                           mote::schema::optional<"b", mote::schema::null>>>>;
#endif

static assistant ai;

void use(std::span<const std::byte> image, std::span<std::byte> kept);
void use(std::span<const std::byte> image, std::span<std::byte> kept) {
  if (ai.attach(image) != mote::status::ok) return;
  for (std::string_view piece : ai.ask("Is anybody at home?", 32)) (void)piece.size();
  if (ai.save(kept) == mote::status::ok) (void)ai.load(kept);
}
