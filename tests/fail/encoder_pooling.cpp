// SPDX-License-Identifier: BSL-1.0
// An encoder whose model does not say how a vector is made.
// EXPECT: mote: this model does not say how the states of a text become one vector; .*\[mote-encoder-pooling\]
#include <mote/family/bert.hpp>
#include <mote/pipeline/encoder.hpp>

#include "little.hpp"

#if MOTE_FAIL
struct minilm : little {
  using family = mote::bert;
};
#else
struct minilm : little {
  using family = mote::bert;
  static constexpr mote::pooling pooling = mote::pooling::mean;
};
#endif
using finder = mote::encoder<minilm>;

static finder ai;

std::size_t use(std::span<const std::byte> image, std::string_view text);
std::size_t use(std::span<const std::byte> image, std::string_view text) {
  if (ai.attach(image) != mote::status::ok || ai.embed(text) != mote::status::ok) return ai.tokens().size();
  return ai.vector().size();
}
