// SPDX-License-Identifier: BSL-1.0
// An embedder with fewer codes than its encoder has numbers.
// EXPECT: mote: encoded_by<> has fewer codes than the encoder has numbers, .*\[mote-encoded-dims\]
#include <mote/recall/encoded.hpp>

#include <array>
#include <span>
#include <string_view>

struct makes_vectors {
  static constexpr std::size_t dim = 24;
  std::array<float, dim> numbers{};
  mote::status embed(std::string_view, mote::embedding_knobs) { return mote::status::ok; }
  std::span<const float> vector() const { return numbers; }
};
static makes_vectors finder;

#if MOTE_FAIL
using means = mote::encoded_by<finder, 16>;
#else
using means = mote::encoded_by<finder, 32>;
#endif
using notes = mote::retrieve<mote::item_store<8, 32>, means, mote::flat_index<means::item, 8>>;

inline mote::status use(notes::index& memory) { return memory.add("The boiler's service code is 7731."); }
