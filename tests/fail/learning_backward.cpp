// SPDX-License-Identifier: BSL-1.0
// A learning policy whose collector takes no gradient of a matrix.
// EXPECT: mote: this policy's collector takes no gradient of a matrix; give it `backward.*\[mote-learning-policy\]
#include <utility>

#include "little.hpp"

#if MOTE_FAIL
struct collects : mote::low_rank_adapters {
  using low_rank_adapters::low_rank_adapters;

 private:
  using low_rank_adapters::backward;
};
#else
using collects = mote::low_rank_adapters;
#endif
struct thrifty : mote::lora<2> {
  template <class Model, class Format>
  struct state : lora::state<Model, Format> {
    collects collector() {
      return {this->s, lora::delta::template layout<mote::llama, Model::shape>, lora::scale,
              const_cast<float*>(std::as_const(*this).parameters()), this->gradients()};
    }
  };
};
using assistant = mote::pipeline<little, thrifty>;

static assistant ai;

void use(std::span<const std::byte> image, std::span<std::byte> kept);
void use(std::span<const std::byte> image, std::span<std::byte> kept) {
  if (ai.attach(image) != mote::status::ok) return;
  for (std::string_view piece : ai.ask("Is anybody at home?", 32)) (void)piece.size();
  if (ai.save(kept) == mote::status::ok) (void)ai.load(kept);
}
