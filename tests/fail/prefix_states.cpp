// SPDX-License-Identifier: BSL-1.0
// Keys and values in front of a prompt, in a family of which a block remembers what ran.
// EXPECT: mote: a block of this family keeps a state, .*\[mote-prefix-states\]
#include "little.hpp"

#include "mote/learn/prefix_tuning.hpp"
#include "mote/learn/prompt_tuning.hpp"

using mote::vector_role;

struct remembering : mote::gated_feed_forward<> {
  static constexpr std::size_t state_floats(const mote::shape& s) { return s.dim; }
};
struct my_family {
  static constexpr std::string_view name = "mine";
  using embedding = mote::token_embedding;
  using layer =
      mote::in_sequence<mote::residual<mote::rms_norm_block<vector_role::attention_norm>, mote::rotary_attention>,
                        mote::residual<mote::rms_norm_block<vector_role::ffn_norm>, remembering>>;
  using last_norm = mote::rms_norm_block<vector_role::final_norm>;
};
struct mine : little {
  using family = my_family;
};

#if MOTE_FAIL
using assistant = mote::pipeline<mine, mote::prefix_tuning<8>>;
#else
using assistant = mote::pipeline<mine, mote::prompt_tuning<8>>;
#endif

static assistant ai;

void use(std::span<const std::byte> image);
void use(std::span<const std::byte> image) {
  if (ai.attach(image) != mote::status::ok) return;
  ai.learn({.prompt = "lights off", .answer = "done"});
  for (std::string_view piece : ai.ask("Is anybody at home?", 32)) (void)piece.size();
}
