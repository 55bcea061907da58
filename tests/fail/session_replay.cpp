// SPDX-License-Identifier: BSL-1.0
// A session of an answer that copies from notes.
// EXPECT: mote: a session's constraint and stop words are brought back by saying the answer again.*\[mote-session-replay\]
#include <mote/decode/gbnf.hpp>

#include "little.hpp"

#if MOTE_FAIL
using assistant = mote::pipeline<little, mote::rag<mote::bm25<>>, mote::copied<1, 24>>;
#else
using assistant = mote::pipeline<little, mote::rag<mote::bm25<>>, mote::gbnf<"root ::= [a-z]{1,24}">>;
#endif

static assistant ai;

struct nowhere {
  static mote::status put(std::span<const std::byte>) { return mote::status::ok; }
};

void use(std::span<const std::byte> image);
void use(std::span<const std::byte> image) {
  if (ai.attach(image) != mote::status::ok) return;
  if (ai.begin("Is anybody at home?") != mote::status::ok) return;
  nowhere sink;
  if (ai.save_session(sink) == mote::status::ok) ai.stop();
}
