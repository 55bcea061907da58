// SPDX-License-Identifier: BSL-1.0
// A rotary width in a shape whose family rotates whole heads.
// EXPECT: mote: the model.s shape has a rotary width, .*\[mote-shape-unread\]
#include "little.hpp"

using mote::vector_role;

#if MOTE_FAIL
using attention = mote::rotary_attention;
#else
using attention = mote::attention_block<mote::attention_tensors{.rotary_part = true}>;
#endif
struct my_family {
  static constexpr std::string_view name = "mine";
  using embedding = mote::token_embedding;
  using layer =
      mote::in_sequence<mote::residual<mote::rms_norm_block<vector_role::attention_norm>, attention>,
                        mote::residual<mote::rms_norm_block<vector_role::ffn_norm>, mote::gated_feed_forward<>>>;
  using last_norm = mote::rms_norm_block<vector_role::final_norm>;
};
struct mine : little {
  using family = my_family;
  static constexpr mote::shape shape{.dim = 64,
                                     .hidden = 172,
                                     .layers = 5,
                                     .heads = 8,
                                     .kv_heads = 4,
                                     .vocab = 512,
                                     .context = 512,
                                     .rotary_width = 4};
};
using assistant = mote::pipeline<mine>;

static assistant ai;

void use(std::span<const std::byte> image, std::span<std::byte> kept);
void use(std::span<const std::byte> image, std::span<std::byte> kept) {
  if (ai.attach(image) != mote::status::ok) return;
  for (std::string_view piece : ai.ask("Is anybody at home?", 32)) (void)piece.size();
  if (ai.save(kept) == mote::status::ok) (void)ai.load(kept);
}
