// SPDX-License-Identifier: BSL-1.0
// A policy that says nothing of a text.
// EXPECT: mote: this policy does not say what a text is worth; .*\[mote-evict-policy\]
#include "little.hpp"
#include "mote/recall/evict.hpp"
#include "recalling.hpp"

struct shortest_goes {
#if MOTE_FAIL
  static std::size_t worth(const mote::item_use& u) { return u.bytes; }
#else
  static float worth(const mote::item_use& u) { return static_cast<float>(u.bytes); }
#endif
};
using assistant = mote::pipeline<little, mote::rag<mote::evict<mote::bm25<>, shortest_goes>>>;

template struct recalling<assistant>;
