// SPDX-License-Identifier: BSL-1.0
// Two feed-forwards of a layer with the same names.
// EXPECT: mote: two tensors of a layer have one name; .*\[mote-tensor-twice\]
#include "little.hpp"

using mote::vector_role;

constexpr mote::feed_forward_tensors own{.up = mote::own_role(0), .down = mote::own_role(1)};
using norm = mote::rms_norm_block<mote::own_vector(0)>;

#if MOTE_FAIL
using second = mote::residual<norm, mote::feed_forward<mote::gelu>>;
#else
using second = mote::residual<norm, mote::feed_forward<mote::gelu, own>>;
#endif
struct my_family {
  static constexpr std::string_view name = "mine";
  using embedding = mote::token_embedding;
  using layer =
      mote::in_sequence<mote::residual<mote::rms_norm_block<vector_role::attention_norm>, mote::rotary_attention>,
                        mote::residual<mote::rms_norm_block<vector_role::ffn_norm>, mote::gated_feed_forward<>>,
                        second>;
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
