// SPDX-License-Identifier: BSL-1.0
// A type of C++ where a kind of value stands.
// EXPECT: mote: this schema has what is no kind of value, .*\[mote-json-kind\]
#include <mote/decode/json.hpp>

#include "little.hpp"

#if MOTE_FAIL
using assistant = mote::pipeline<little, mote::json<mote::schema::object<mote::schema::field<"a", int>>>>;
#else
using assistant =
    mote::pipeline<little, mote::json<mote::schema::object<mote::schema::field<"a", mote::schema::integer<0, 9>>>>>;
#endif

static assistant ai;

void use(std::span<const std::byte> image, std::span<std::byte> kept);
void use(std::span<const std::byte> image, std::span<std::byte> kept) {
  if (ai.attach(image) != mote::status::ok) return;
  for (std::string_view piece : ai.ask("Is anybody at home?", 32)) (void)piece.size();
  if (ai.save(kept) == mote::status::ok) (void)ai.load(kept);
}
