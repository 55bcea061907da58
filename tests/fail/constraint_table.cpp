// SPDX-License-Identifier: BSL-1.0
// A grammar for a model whose hashed table does not have the order of its texts.
// EXPECT: mote: a constraint walks over the texts of a vocabulary.*\[mote-constraint-table\]
#include <mote/decode/gbnf.hpp>
#include <mote/model/byte_level_bpe.hpp>
#include <mote/model/pieces.hpp>

#include "little.hpp"

#if MOTE_FAIL
struct mine : little {
  using tokenizer = mote::byte_level_bpe<mote::llama3_pieces>;
};
#else
struct mine : little {  // as import_model writes it
  using tokenizer = mote::byte_level_bpe<mote::llama3_pieces>;
  static constexpr bool texts_in_order = true;
};
#endif
using assistant = mote::pipeline<mine, mote::gbnf<"root ::= [0-9]">>;

static assistant ai;

void use(std::span<const std::byte> image, std::span<std::byte> kept);
void use(std::span<const std::byte> image, std::span<std::byte> kept) {
  if (ai.attach(image) != mote::status::ok) return;
  for (std::string_view piece : ai.ask("Is anybody at home?", 32)) (void)piece.size();
  if (ai.save(kept) == mote::status::ok) (void)ai.load(kept);
}
