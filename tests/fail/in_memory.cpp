// SPDX-License-Identifier: BSL-1.0
// A reader for a pipeline whose weights are in memory.
// EXPECT: mote: the weights are in memory; .*\[mote-in-memory\]
#include "little.hpp"

#include <mote/policy/streamed.hpp>

struct flash {
  bool fetch(std::size_t offset, std::span<std::byte> to);
};
#if MOTE_FAIL
using assistant = mote::pipeline<little, mote::quantize<8>>;
#else
using assistant = mote::pipeline<little, mote::streamed<mote::quantize<8>, flash>>;
#endif

mote::status use(assistant& ai, flash& reader);
mote::status use(assistant& ai, flash& reader) { return ai.attach(reader); }
