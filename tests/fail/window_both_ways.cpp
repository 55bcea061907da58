// SPDX-License-Identifier: BSL-1.0
// An attention with a window whose tokens see those after them.
// EXPECT: mote: a window counts the positions before a token, .*\[mote-window-both-ways\]
#include "little.hpp"

using mote::vector_role;

#if MOTE_FAIL
using form = mote::attention_form<mote::windowed, mote::looks_both_ways>;
#else
using form = mote::attention_form<mote::looks_both_ways>;
#endif
struct my_family {
  static constexpr std::string_view name = "mine";
  using embedding = mote::token_embedding;
  using layer = mote::in_sequence<
      mote::residual<mote::rms_norm_block<vector_role::attention_norm>, mote::rotary_attention_with<form>>,
      mote::residual<mote::rms_norm_block<vector_role::ffn_norm>, mote::gated_feed_forward<>>>;
  using last_norm = mote::rms_norm_block<vector_role::final_norm>;
};
struct mine : little {
  using family = my_family;
};
using assistant = mote::pipeline<mine>;

static assistant ai;

void use(std::span<const std::byte> image, std::span<std::byte> kept);
void use(std::span<const std::byte> image, std::span<std::byte> kept) {
  if (ai.attach(image) != mote::status::ok) return;
  for (std::string_view piece : ai.ask("Is anybody at home?", 32)) (void)piece.size();
  if (ai.save(kept) == mote::status::ok) (void)ai.load(kept);
}
