// SPDX-License-Identifier: BSL-1.0
// An image in memory for a pipeline whose weights come through a reader.
// EXPECT: mote: this pipeline's weights come through a reader; .*\[mote-streamed-attach\]
#include "little.hpp"

#include <mote/policy/streamed.hpp>

struct flash {
  bool fetch(std::size_t offset, std::span<std::byte> to);
};
using assistant = mote::pipeline<little, mote::streamed<mote::quantize<8>, flash>>;

mote::status use(assistant& ai, flash& reader, std::span<const std::byte> image);
mote::status use(assistant& ai, [[maybe_unused]] flash& reader, [[maybe_unused]] std::span<const std::byte> image) {
#if MOTE_FAIL
  return ai.attach(image);
#else
  return ai.attach(reader);
#endif
}
