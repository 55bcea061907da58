// SPDX-License-Identifier: BSL-1.0
// A pipeline that learns on weights that it has only once a pass.
// EXPECT: mote: lessons read each weight several times, and streamed<> has it once; .*\[mote-streamed-learning\]
#include "little.hpp"

#include <mote/policy/streamed.hpp>

struct flash {
  bool fetch(std::size_t offset, std::span<std::byte> to);
};
#if MOTE_FAIL
using assistant = mote::pipeline<little, mote::streamed<mote::quantize<8>, flash>, mote::lora<4>>;
#else
using assistant = mote::pipeline<little, mote::quantize<8>, mote::lora<4>>;
#endif

void use(assistant& ai);
void use(assistant& ai) { ai.stop(); }
