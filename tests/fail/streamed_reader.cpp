// SPDX-License-Identifier: BSL-1.0
// Weights through a reader that reads no blocks.
// EXPECT: mote: this type reads no blocks; .*\[mote-streamed-reader\]
#include "little.hpp"

#include <mote/policy/streamed.hpp>

struct flash {
#if MOTE_FAIL
  void fetch(std::size_t offset, std::byte* to, std::size_t n);
#else
  bool fetch(std::size_t offset, std::span<std::byte> to);
#endif
};
using assistant = mote::pipeline<little, mote::streamed<mote::quantize<8>, flash>>;

void use(assistant& ai);
void use(assistant& ai) { ai.stop(); }
