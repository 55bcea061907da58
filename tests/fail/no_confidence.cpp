// SPDX-License-Identifier: BSL-1.0
// How sure is an answer that was not measured?
// EXPECT: mote: this pipeline does not measure its answers; .*\[mote-no-confidence\]
#include <mote/decode/confidence.hpp>

#include "little.hpp"

#if MOTE_FAIL
using assistant = mote::pipeline<little>;
#else
using assistant = mote::pipeline<little, mote::confidence>;
#endif

static assistant ai;

std::size_t choices();
std::size_t choices() {
  const mote::answer_confidence sure = ai.confidence();
  return sure.tokens;
}
