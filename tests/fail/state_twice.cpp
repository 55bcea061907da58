// SPDX-License-Identifier: BSL-1.0
// A block that keeps a state, twice in a layer.
// EXPECT: mote: a block that keeps a state is twice in a layer, .*\[mote-state-twice\]
#include "little.hpp"

using mote::own_vector;
using mote::vector_role;

/// Adds the mean of the last two inputs of its norm.
struct two_inputs {
  static constexpr std::size_t state_floats(const mote::shape& s) { return s.dim; }
  static constexpr int operations = 1;
  static constexpr int reads_until = 0;
  static constexpr bool keeps = false;
  static constexpr int phases = 1;
  template <int>
  using forward_buffers = mote::lives<>;
  template <class>
  using backward_buffers = mote::lives<>;
  template <int At, class Pass>
  static void forward(Pass& p, const float* in, float* out) {
    p.template enter<At>();
    float* last = p.template state<two_inputs>();
    for (std::size_t i = 0; i < p.shape().dim; ++i) {
      out[i] = 0.5F * (in[i] + last[i]);
      last[i] = in[i];
    }
  }
  template <std::size_t, class Pass>
  static void backward(Pass&, const float*, const float*, float*) {}
};
struct two_others : two_inputs {};

#if MOTE_FAIL
using second = two_inputs;
#else
using second = two_others;
#endif
struct my_family {
  static constexpr std::string_view name = "mine";
  using embedding = mote::token_embedding;
  using layer =
      mote::in_sequence<mote::residual<mote::rms_norm_block<vector_role::attention_norm>, mote::rotary_attention>,
                        mote::residual<mote::rms_norm_block<own_vector(0)>, two_inputs>,
                        mote::residual<mote::rms_norm_block<own_vector(1)>, second>>;
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
