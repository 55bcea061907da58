// SPDX-License-Identifier: BSL-1.0
// An index that takes other features than the embedder makes.
// EXPECT: mote: this index does not take these features; give it `add\(std::size_t row, const item&\)` \[mote-index\]
#include <mote/recall/flat.hpp>

#include "little.hpp"

using features = mote::hashed_ngrams<64, 3>;
#if MOTE_FAIL
using my_index = mote::flat_index<mote::int8_vector<128>, 16>;
#else
using my_index = mote::flat_index<features::item, 16>;
#endif
using assistant = mote::pipeline<little, mote::rag<mote::retrieve<mote::item_store<16, 64>, features, my_index>>>;

static assistant ai;

void use(std::span<const std::byte> image, std::span<std::byte> kept);
void use(std::span<const std::byte> image, std::span<std::byte> kept) {
  if (ai.attach(image) != mote::status::ok) return;
  if (ai.remember("The key lies under the mat.") != mote::status::ok) return;
  for (std::string_view piece : ai.ask("Is anybody at home?", 32)) (void)piece.size();
  if (ai.save(kept) == mote::status::ok) (void)ai.load(kept);
}
