// SPDX-License-Identifier: BSL-1.0
// The steps of TOKENS tokens of answers to QUESTIONS, for bench/split_head.sh, which counts their instructions: a prompt's
// steps are not marked, since they compute no head.
// Refuses to go on where an answer fails: exits 1.
#include <cstddef>
#include <string_view>

#include "instructions/mark.h"
#include "mote/decode/fused_greedy.hpp"
#include "mote/pipeline.hpp"
#include "mote/policy/split.hpp"
#include "mote/store/embed.hpp"
#include MODEL_HEADER

using generator = mote::pipeline<MODEL, POLICIES, mote::context<256>>;
static generator model;
MOTE_EMBED_IMAGE(weights, IMAGE, generator::image_bytes);

int main() {
  constexpr std::string_view questions[] = {QUESTIONS};
  if (model.attach(weights) != mote::status::ok) return 2;
  for (std::size_t counted = 0, which = 0; counted < TOKENS; ++which) {
    if (model.begin(questions[which % std::size(questions)], 40) != mote::status::ok) return 3;
    for (bool goes_on = true; goes_on && counted < TOKENS;) {
      const bool chooses = model.tokens().size() > model.prompt_tokens();
      if (chooses) instruction_mark();
      goes_on = !model.step().done;
      if (chooses) {
        instruction_mark();
        ++counted;
      }
    }
    if (model.state() != mote::status::ok) return 1;
  }
  return 0;
}
