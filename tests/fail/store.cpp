// SPDX-License-Identifier: BSL-1.0
// A store without a check of what it loads.
// EXPECT: mote: this store does not check what it loads; give it `static status check\(records, reads\)` \[mote-store\]
#include <mote/recall/flat.hpp>

#include "little.hpp"

struct my_store : mote::item_store<16, 64> {
#if MOTE_FAIL
  static bool check(std::span<const std::byte> records) { return !records.empty(); }
#endif
};
using features = mote::hashed_ngrams<64, 3>;
using retriever = mote::retrieve<my_store, features, mote::flat_index<features::item, 16>>;
using assistant = mote::pipeline<little, mote::rag<retriever>>;

static assistant ai;

void use(std::span<const std::byte> image, std::span<std::byte> kept);
void use(std::span<const std::byte> image, std::span<std::byte> kept) {
  if (ai.attach(image) != mote::status::ok) return;
  if (ai.remember("The key lies under the mat.") != mote::status::ok) return;
  for (std::string_view piece : ai.ask("Is anybody at home?", 32)) (void)piece.size();
  if (ai.save(kept) == mote::status::ok) (void)ai.load(kept);
}
