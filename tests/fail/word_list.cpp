// SPDX-License-Identifier: BSL-1.0
// A list of words with a phrase in it.
// EXPECT: mote: a list of stop_words<> or synonyms<> has an entry that is not one word.*\[mote-word-list\]
// LINES: 18
#include "little.hpp"

#if MOTE_FAIL
constexpr mote::synonym same[] = {{"tv", "television set"}};
#else
constexpr mote::synonym same[] = {{"tv", "television"}};
#endif
using mine = mote::analysis<mote::words<>, mote::synonyms<same>>;
using assistant = mote::pipeline<little, mote::rag<mote::bm25<mote::bm25_knobs{.items = 8}, mine>>>;

static assistant ai;

void use(std::span<const std::byte> image, std::span<std::byte> kept);
void use(std::span<const std::byte> image, std::span<std::byte> kept) {
  if (ai.attach(image) != mote::status::ok) return;
  if (ai.remember("The key lies under the mat.") != mote::status::ok) return;
  for (std::string_view piece : ai.ask("Is anybody at home?", 32)) (void)piece.size();
  if (ai.save(kept) == mote::status::ok) (void)ai.load(kept);
}
