// SPDX-License-Identifier: BSL-1.0
// A number of bits that no super-block has.
// EXPECT: mote: super-blocks cannot have this many bits; .*\[mote-k-quant-bits\]
// EXPECT: k_quant<8
#include "little.hpp"

#include <mote/policy/k_quant.hpp>

#if MOTE_FAIL
using assistant = mote::pipeline<little, mote::k_quant<8>>;
#else
using assistant = mote::pipeline<little, mote::k_quant<6>>;
#endif

static assistant ai;

void use(std::span<const std::byte> image, std::span<std::byte> kept);
void use(std::span<const std::byte> image, std::span<std::byte> kept) {
  if (ai.attach(image) != mote::status::ok) return;
  for (std::string_view piece : ai.ask("Is anybody at home?", 32)) (void)piece.size();
  if (ai.save(kept) == mote::status::ok) (void)ai.load(kept);
}
