// SPDX-License-Identifier: BSL-1.0
// mote's side of the instruction counts: TOKENS tokens from the model's first one, each a step() of a pipeline, the
// likeliest token chosen and its text looked up. The image is linked in, so that it runs without an operating system.
// Refuses to answer with fewer tokens than it was built for: exits 1.
#include <cstddef>

#include "mark.h"
#include "mote/pipeline.hpp"
#include "mote/store/embed.hpp"
#include MOTE_MODEL_HEADER

#if defined(MOTE_POLICIES_HEADER)
#include MOTE_POLICIES_HEADER
#endif
#if !defined(MOTE_POLICIES)
#define MOTE_POLICIES mote::quantize<8>
#endif

using generator = mote::pipeline<stories260K, MOTE_POLICIES>;
static generator model;
MOTE_EMBED_IMAGE(weights, MOTE_IMAGE, generator::image_bytes);

int main() {
  if (model.attach(weights) != mote::status::ok || model.begin("") != mote::status::ok) return 2;
  for (std::size_t i = 0; i < TOKENS; ++i) {
    instruction_mark();
    if (model.step().done) return 1;
  }
  instruction_mark();
  return 0;
}
