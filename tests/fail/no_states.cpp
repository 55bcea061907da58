// SPDX-License-Identifier: BSL-1.0
// A memory of the model's states, in a pipeline that has none to give.
// EXPECT: mote: this memory is made of the model's states, .*\[mote-no-states\]
#include <mote/recall/flat.hpp>

#include "little.hpp"

/// An embedder that asks the model what it makes of a text.
struct of_states {
  using item = mote::int8_vector<64>;
  using query = item;
  static constexpr std::size_t stack_bytes = 512;
  template <mote::gives_states Model>
  static mote::status embed(std::string_view text, item&, Model& model) {
    float states[64];
    return model.states(text, states);
  }
  template <mote::gives_states Model>
  static mote::status ask(std::string_view text, query& out, Model& model) {
    return embed(text, out, model);
  }
};
using nearest = mote::flat_index<of_states::item, 8>;
inline constexpr mote::rag_knobs few{.tokens = 40};

#if MOTE_FAIL
using assistant = mote::pipeline<little, mote::context<128>,
                                 mote::rag<mote::retrieve<mote::item_store<8, 96>, of_states, nearest>, few>>;
#else
using assistant = mote::pipeline<little, mote::context<128>, mote::rag<mote::bm25<>, few>>;
#endif

static assistant ai;

void use(std::span<const std::byte> image, std::span<std::byte> kept);
void use(std::span<const std::byte> image, std::span<std::byte> kept) {
  if (ai.attach(image) != mote::status::ok) return;
  for (std::string_view piece : ai.ask("Is anybody at home?", 32)) (void)piece.size();
  if (ai.save(kept) == mote::status::ok) (void)ai.load(kept);
}
