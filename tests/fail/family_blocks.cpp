// SPDX-License-Identifier: BSL-1.0
// A family whose layers have no blocks.
// EXPECT: mote: a layer of this family has no blocks; .*\[mote-family\]
// EXPECT: my_family
#include "little.hpp"

using mote::vector_role;

#if MOTE_FAIL
struct my_family {
  static constexpr std::string_view name = "mine";
  using embedding = mote::token_embedding;
  using layer = mote::in_sequence<>;
  using last_norm = mote::rms_norm_block<vector_role::final_norm>;
};
#else
struct my_family {
  static constexpr std::string_view name = "mine";
  using embedding = mote::token_embedding;
  using layer =
      mote::in_sequence<mote::residual<mote::rms_norm_block<vector_role::attention_norm>, mote::rotary_attention>>;
  using last_norm = mote::rms_norm_block<vector_role::final_norm>;
};
#endif
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
