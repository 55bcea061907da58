// SPDX-License-Identifier: BSL-1.0
// Weights of a fuse<> that move with use: each time that another text than the helpful one stood first, the retriever
// that ranked the helpful one higher comes to count more.
//   fuse<bm25<>, ngrams<>, fuse_knobs{}, learned_weights<>>      memory.helped("when are bins out?", id);
//   learned_weights<learned_knobs{.step = 0.02F}>               slower: for questions of many kinds
// Refuses to learn from a text that stood first, or that no retriever found, and to silence a retriever.
#pragma once

#include <array>
#include <cstddef>

#include "mote/recall/fuse.hpp"

namespace mote::inline v0 {

struct learned_knobs {
  float step = 0.05F;   ///< a question changes the ratio of the weights by about twice this share at most
  float most = 100.0F;  ///< the ratio is at most so many times that of the knobs, and at least that divided by it

  constexpr bool valid() const { return step > 0.0F && step <= 0.5F && most >= 1.0F && most <= 1e6F; }
};

namespace detail {
template <learned_knobs Knobs>
struct learned_check {
  static_assert(Knobs.valid(),
                "mote: learned_weights<> has a knob out of range; step goes from above 0 to 0.5, most from 1 to "
                "1000000 [mote-learned-knobs]");
};
}  // namespace detail

/// The rule is Littlestone's Winnow (1988) in the bounded form of multiplicative weights (Arora, Hazan and Kale 2012):
/// after a mistake a weight is multiplied by 1 + step * (what its retriever gives the helpful text - what it gives the
/// other). Only the ratio of two weights has an effect, so that is what is kept: 4 bytes.
template <learned_knobs Knobs = learned_knobs{}>
class learned_weights {
  static constexpr learned_knobs knobs = Knobs.valid() ? Knobs : learned_knobs{};  // fuse<> reports a bad knob, once

 public:
  using check = detail::learned_check<Knobs>;
  static constexpr std::size_t kept_floats = 1;

  /// What the second retriever counts, if the knobs give it `second`.
  float second(float second) const { return second * (1.0F + change_); }

  /// The shares, 0 to 1, that both retrievers give the helpful text and the one that stands first in its place.
  void learn(const std::array<float, 2>& helpful, const std::array<float, 2>& other) {
    const float ratio = (1.0F + change_) * (1.0F + knobs.step * (helpful[1] - other[1])) /
                        (1.0F + knobs.step * (helpful[0] - other[0]));
    change_ = (ratio > knobs.most ? knobs.most : ratio * knobs.most < 1.0F ? 1.0F / knobs.most : ratio) - 1.0F;
  }

  void keep(float* out) const { *out = change_; }
  static bool may_take(const float* from) { return *from > -1.0F && *from < 1e6F; }  // false for a NaN
  void take(const float* from) { change_ = *from; }

 private:
  float change_ = 0.0F;  // the ratio is 1 + this times that of the knobs
};

}  // namespace mote::inline v0
