// SPDX-License-Identifier: BSL-1.0
// A delta that owns the first positions and takes no gradient of their vectors.
// EXPECT: mote: this policy's `positions` are not filled; its view is a prompting_delta .*\[mote-learning-policy\]
#include "little.hpp"

#include "mote/learn/prompt_tuning.hpp"

#if MOTE_FAIL
struct view : mote::virtual_tokens {
  using virtual_tokens::virtual_tokens;

 private:
  using virtual_tokens::embed_backward;
};
#else
using view = mote::virtual_tokens;
#endif
struct greeting : mote::soft_prompt<4, 1> {
  template <class Family, mote::shape S>
  static view over(float* parameters, float* gradients) {
    return {positions, S.dim, parameters, gradients};
  }
};
using assistant = mote::pipeline<little, mote::learner<greeting>>;

static assistant ai;

void use(std::span<const std::byte> image);
void use(std::span<const std::byte> image) {
  if (ai.attach(image) != mote::status::ok) return;
  ai.learn({.prompt = "lights off", .answer = "done"});
  for (std::string_view piece : ai.ask("Is anybody at home?", 32)) (void)piece.size();
}
