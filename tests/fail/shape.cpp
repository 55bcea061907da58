// SPDX-License-Identifier: BSL-1.0
// A shape that makes no decoder.
// EXPECT: mote: the model.s shape makes no decoder; .*\[mote-shape\]
#include "little.hpp"

#if MOTE_FAIL
struct mine : little {
  static constexpr mote::shape shape{
      .dim = 64, .hidden = 172, .layers = 5, .heads = 8, .kv_heads = 3, .vocab = 512, .context = 512};
};
#else
struct mine : little {
  static constexpr mote::shape shape{
      .dim = 64, .hidden = 172, .layers = 5, .heads = 8, .kv_heads = 2, .vocab = 512, .context = 512};
};
#endif
using assistant = mote::pipeline<mine>;

static assistant ai;

void use(std::span<const std::byte> image, std::span<std::byte> kept);
void use(std::span<const std::byte> image, std::span<std::byte> kept) {
  if (ai.attach(image) != mote::status::ok) return;
  for (std::string_view piece : ai.ask("Is anybody at home?", 32)) (void)piece.size();
  if (ai.save(kept) == mote::status::ok) (void)ai.load(kept);
}
