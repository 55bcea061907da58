// SPDX-License-Identifier: BSL-1.0
// Threads that would share the buffers of streamed weights.
// EXPECT: mote: streamed<> has one pair of buffers, which threads cannot share; .*\[mote-streamed-threads\]
#include "little.hpp"

#include <mote/policy/streamed.hpp>
#include <mote/policy/threads.hpp>

struct flash {
  bool fetch(std::size_t offset, std::span<std::byte> to);
};
#if MOTE_FAIL
using assistant = mote::pipeline<little, mote::streamed<mote::quantize<8>, flash>, mote::threads<2>>;
#else
using assistant = mote::pipeline<little, mote::streamed<mote::quantize<8>, flash>>;
#endif

void use(assistant& ai);
void use(assistant& ai) { ai.stop(); }
