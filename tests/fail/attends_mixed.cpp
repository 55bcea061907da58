// SPDX-License-Identifier: BSL-1.0
// A family with layers that attend to one run of tokens, and layers that attend to a cache.
// EXPECT: mote: some attentions of this family see one run of tokens .*\[mote-attends-mixed\]
#include <mote/model/run_attention.hpp>

#include "little.hpp"

using mote::vector_role;

template <class Form>
using attends = mote::residual<mote::rms_norm_block<vector_role::attention_norm>, mote::rotary_attention_with<Form>>;
using feeds = mote::residual<mote::rms_norm_block<vector_role::ffn_norm>, mote::gated_feed_forward<>>;

#if MOTE_FAIL
using one_way = mote::in_sequence<attends<mote::attention_form<mote::in_one_run>>, feeds>;
#else
using one_way = mote::in_sequence<attends<mote::attention_form<mote::looks_both_ways>>, feeds>;
#endif
struct my_family {
  static constexpr std::string_view name = "mine";
  using embedding = mote::token_embedding;
  using layer = mote::cycle<one_way, mote::in_sequence<attends<mote::attention_form<>>, feeds>>;
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
