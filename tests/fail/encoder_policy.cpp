// SPDX-License-Identifier: BSL-1.0
// An encoder with a policy for which it has no slot.
// EXPECT: mote: an encoder neither answers nor learns, and has no slot for this policy; .*\[mote-encoder-policy\]
#include <mote/family/bert.hpp>
#include <mote/pipeline/encoder.hpp>

#include "little.hpp"

struct minilm : little {
  using family = mote::bert;
  static constexpr mote::pooling pooling = mote::pooling::mean;
};

#if MOTE_FAIL
using finder = mote::encoder<minilm, mote::lora<4>>;
#else
using finder = mote::encoder<minilm, mote::quantize<4>, mote::context<64>>;
#endif

static finder ai;

std::size_t use(std::span<const std::byte> image, std::string_view text);
std::size_t use(std::span<const std::byte> image, std::string_view text) {
  if (ai.attach(image) != mote::status::ok || ai.embed(text) != mote::status::ok) return ai.tokens().size();
  return ai.vector().size();
}
