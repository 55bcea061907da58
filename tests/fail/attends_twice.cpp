// SPDX-License-Identifier: BSL-1.0
// Two blocks of a layer that attend.
// EXPECT: mote: two blocks of a layer attend, .*\[mote-attends-twice\]
#include "little.hpp"

using mote::vector_role;

constexpr mote::attention_tensors second{
    .query = mote::own_role(0), .key = mote::own_role(1), .value = mote::own_role(2), .output = mote::own_role(3)};
using first_half = mote::residual<mote::rms_norm_block<vector_role::attention_norm>, mote::rotary_attention>;
using second_half = mote::residual<mote::rms_norm_block<vector_role::ffn_norm>, mote::attention_block<second>>;

#if MOTE_FAIL
struct my_family {
  static constexpr std::string_view name = "mine";
  using embedding = mote::token_embedding;
  using layer = mote::in_sequence<first_half, second_half>;
  using last_norm = mote::rms_norm_block<vector_role::final_norm>;
};
#else
struct my_family {
  static constexpr std::string_view name = "mine";
  using embedding = mote::token_embedding;
  using layer = mote::cycle<mote::in_sequence<first_half>, mote::in_sequence<second_half>>;
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
