// SPDX-License-Identifier: BSL-1.0
// An embedder over an object that makes no vectors.
// EXPECT: mote: this object makes no vector of a text; .*\[mote-encoded\]
#include <mote/recall/encoded.hpp>

#include <array>
#include <span>
#include <string_view>

struct answers_alone {
  static constexpr std::size_t dim = 4;
  mote::status embed(std::string_view) { return mote::status::ok; }
};
struct makes_vectors : answers_alone {
  std::array<float, 4> numbers{};
  mote::status embed(std::string_view, mote::embedding_knobs) { return mote::status::ok; }
  std::span<const float> vector() const { return numbers; }
};

#if MOTE_FAIL
static answers_alone finder;
#else
static makes_vectors finder;
#endif
using means = mote::encoded_by<finder>;
using notes = mote::retrieve<mote::item_store<8, 32>, means, mote::flat_index<means::item, 8>>;

inline mote::status use(notes::index& memory) { return memory.add("The boiler's service code is 7731."); }
