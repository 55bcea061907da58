// SPDX-License-Identifier: BSL-1.0
// A self check of a pipeline whose keys and values take less memory than the check's.
// EXPECT: mote: self_check\(\) works in the memory of answers, and this pipeline's is too little for it; .*\[mote-self-check-room\]
#include "little.hpp"

#include <mote/pipeline/self_check.hpp>

struct least {
  static constexpr std::string_view name = "least";
  static constexpr mote::shape shape{
      .dim = 16, .hidden = 32, .layers = 1, .heads = 2, .kv_heads = 1, .vocab = 64, .context = 128};
  static constexpr std::size_t vocabulary_bytes = 1000;
  static constexpr mote::special_tokens special_tokens{};
};
#if MOTE_FAIL
using assistant = mote::pipeline<least, mote::context<32>>;
#else
using assistant = mote::pipeline<least, mote::context<128>>;
#endif

mote::status check(assistant& ai);
mote::status check(assistant& ai) { return mote::self_check(ai).state; }
