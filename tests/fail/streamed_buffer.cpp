// SPDX-License-Identifier: BSL-1.0
// Streamed weights with a buffer that holds no tile of the widest matrix.
// EXPECT: mote: a buffer of streamed<> holds no tile of the widest matrix; .*\[mote-streamed-buffer\]
#include "little.hpp"

#include <mote/policy/streamed.hpp>

struct flash {
  bool fetch(std::size_t offset, std::span<std::byte> to);
};
#if MOTE_FAIL
using assistant = mote::pipeline<little, mote::streamed<mote::quantize<8>, flash, 128>, mote::interleave<4>>;
#else
using assistant = mote::pipeline<little, mote::streamed<mote::quantize<8>, flash, 1024>, mote::interleave<4>>;
#endif

void use(assistant& ai);
void use(assistant& ai) { ai.stop(); }
