// SPDX-License-Identifier: BSL-1.0
// A block that multiplies by a matrix that it does not state.
// EXPECT: mote: a block reads a matrix that no block of its family states; .*\[mote-tensor-unstated\]
// LINES: 25
#include "little.hpp"

using mote::vector_role;

struct scaled {
  static constexpr int operations = 1;
  static constexpr int reads_until = 0;
  static constexpr bool keeps = false;
  static constexpr int phases = 1;
  struct wide {
    static constexpr std::size_t bytes(const mote::shape& s, const mote::pass_facts& n) {
      return mote::rows_of_floats(n.tokens, s.dim);
    }
  };
  template <int At, class Pass>
  static void forward(Pass& p, const float* in, float* out) {
    p.template enter<At>();
    float* w = p.template at<wide>();
    p.template multiply<mote::own_role(0)>(in, p.shape().dim, w);
    for (std::size_t i = 0; i < p.tokens() * mote::padded(p.shape().dim); ++i) out[i] = w[i];
  }
  template <std::size_t, class Pass>
  static void backward(Pass&, const float*, const float*, float*) {}
  template <int At>
  using forward_buffers = mote::lives<mote::live<wide, At, At>>;
  template <class>
  using backward_buffers = mote::lives<>;
};

#if MOTE_FAIL
struct my_block : scaled {};
#else
struct my_block : scaled {
  static constexpr auto matrices(const mote::shape& s) {
    return std::array{mote::matrix_tensor{mote::own_role(0), s.dim, s.dim}};
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
