// SPDX-License-Identifier: BSL-1.0
// An embedder that reads no question.
// EXPECT: mote: this embedder reads no question; give it `status ask\(std::string_view, query&\) const` \[mote-embedder\]
#include "little.hpp"
#include "recalling.hpp"

struct lengths {
  using item = mote::int8_vector<4>;
  using query = item;
  static constexpr std::size_t stack_bytes = 0;

  static mote::status embed(std::string_view text, item& out) {
    out.codes[0] = static_cast<std::int8_t>(text.size() % 100);
    out.measure();
    return mote::status::ok;
  }
#if MOTE_FAIL
  static mote::status question(std::string_view text, query& out) { return embed(text, out); }
#else
  static mote::status ask(std::string_view text, query& out) { return embed(text, out); }
#endif
};
using retriever = mote::retrieve<mote::item_store<16, 64>, lengths, mote::flat_index<lengths::item, 16>>;
using assistant = mote::pipeline<little, mote::rag<retriever>>;

template struct recalling<assistant>;
