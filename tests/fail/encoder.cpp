// SPDX-License-Identifier: BSL-1.0
// A pipeline of a model that makes vectors, and a learner for it.
// EXPECT: mote: this family makes a vector of a text; it neither answers nor learns; .*\[mote-encoder\]
#include <mote/family/bert.hpp>
#include <mote/pipeline/encoder.hpp>

#include "little.hpp"

struct minilm : little {
  using family = mote::bert;
  static constexpr mote::pooling pooling = mote::pooling::mean;
};

#if MOTE_FAIL
using finder = mote::pipeline<minilm, mote::lora<4>>;
#else
using finder = mote::encoder<minilm>;
#endif

static finder ai;

bool use(std::span<const std::byte> image);
bool use(std::span<const std::byte> image) { return ai.attach(image) == mote::status::ok && ai.attached(); }
