// SPDX-License-Identifier: BSL-1.0
// A family with a cache, and norms behind the sums, which have no gradient.
// EXPECT: mote: this block has no gradient; .*\[mote-block\]
// EXPECT: post_norm
#include <mote/block/post_norm.hpp>

#include "little.hpp"

using mote::vector_role;

template <class Norm, class Inner>
#if MOTE_FAIL
using added = mote::post_norm<Norm, Inner>;
#else
using added = mote::residual<Norm, Inner>;
#endif
struct my_family {
  static constexpr std::string_view name = "mine";
  using embedding = mote::token_embedding;
  using layer = mote::in_sequence<added<mote::rms_norm_block<vector_role::attention_norm>, mote::rotary_attention>,
                                  added<mote::rms_norm_block<vector_role::ffn_norm>, mote::gated_feed_forward<>>>;
  using last_norm = mote::rms_norm_block<vector_role::final_norm>;
};
struct mine : little {
  using family = my_family;
};
using assistant = mote::pipeline<mine>;

static assistant ai;

void use(std::span<const std::byte> image);
void use(std::span<const std::byte> image) {
  if (ai.attach(image) != mote::status::ok) return;
  for (std::string_view piece : ai.ask("Is anybody at home?", 32)) (void)piece.size();
}
