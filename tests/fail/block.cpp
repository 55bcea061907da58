// SPDX-License-Identifier: BSL-1.0
// A block of a family that has no gradient.
// EXPECT: mote: this block has no gradient; .*\[mote-block\]
// EXPECT: my_block
#include "little.hpp"

using mote::vector_role;

struct halves {
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
    const std::size_t dim = mote::padded(p.shape().dim);
    for (std::size_t i = 0; i < p.tokens() * dim; ++i) out[i] = in[i] / 2;
  }
};

#if MOTE_FAIL
struct my_block : halves {};
#else
struct my_block : halves {
  template <std::size_t, class Pass>
  static void backward(Pass& p, const float*, const float* dy, float* dx) {
    const std::size_t dim = mote::padded(p.shape().dim);
    for (std::size_t i = 0; i < p.tokens() * dim; ++i) dx[i] += dy[i] / 2;
  }
};
#endif
struct my_family {
  static constexpr std::string_view name = "mine";
  using embedding = mote::token_embedding;
  using layer =
      mote::in_sequence<mote::residual<mote::rms_norm_block<vector_role::attention_norm>, mote::rotary_attention>,
                        mote::residual<mote::rms_norm_block<vector_role::ffn_norm>, my_block>>;
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
