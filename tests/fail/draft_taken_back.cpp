// SPDX-License-Identifier: BSL-1.0
// Drafts in a family whose block keeps a state: what is in it is not taken out again.
// EXPECT: mote: drafts that prove wrong are taken back, .*\[mote-draft-taken-back\]
#include <mote/decode/lookup.hpp>

#include "little.hpp"

using mote::vector_role;

struct running_feed : mote::gated_feed_forward<> {
  static constexpr std::size_t state_floats(const mote::shape& s) { return s.dim; }
};
struct my_family {
  static constexpr std::string_view name = "mine";
  using embedding = mote::token_embedding;
  using layer =
      mote::in_sequence<mote::residual<mote::rms_norm_block<vector_role::attention_norm>, mote::rotary_attention>,
                        mote::residual<mote::rms_norm_block<vector_role::ffn_norm>, running_feed>>;
  using last_norm = mote::rms_norm_block<vector_role::final_norm>;
};
struct mine : little {
  using family = my_family;
};
#if MOTE_FAIL
using assistant = mote::pipeline<mine, mote::lookup<3>>;
#else
using assistant = mote::pipeline<mine>;
#endif

static assistant ai;

void use(std::span<const std::byte> image, std::span<std::byte> kept);
void use(std::span<const std::byte> image, std::span<std::byte> kept) {
  if (ai.attach(image) != mote::status::ok) return;
  for (std::string_view piece : ai.ask("Is anybody at home?", 32)) (void)piece.size();
  if (ai.save(kept) == mote::status::ok) (void)ai.load(kept);
}
