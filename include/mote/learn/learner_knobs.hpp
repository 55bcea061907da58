// SPDX-License-Identifier: BSL-1.0
// What the knobs of every learning policy have: how long a lesson is, and how it goes. A policy's own struct names these
// four beside its own, with the defaults that suit it, and learner_knobs_of() takes them out:
//   struct your_knobs { float strength = 1; std::size_t tokens = 64, batch = 1, chunk = 8; bool takes_turns = false; };
// Refuses a base class for them: C++ has no designated initialiser of a base's member, and .tokens must be one.
#pragma once

#include <cstddef>

#include "mote/core/check.hpp"

namespace mote::inline v0 {

struct learner_knobs {
  std::size_t tokens = 64;   ///< longest example, prompt and answer together
  std::size_t batch = 1;     ///< examples to a step of the optimiser
  std::size_t chunk = 8;     ///< tokens at a time through the wide layers
  bool takes_turns = false;  ///< an answer may be given while a lesson is under way

  constexpr bool are_sound() const { return tokens >= 2 && batch >= 1 && chunk >= 1; }
  /// A chunk is no longer than an example.
  constexpr std::size_t tokens_at_a_time() const { return chunk < tokens ? chunk : tokens; }
};

template <class Knobs>
constexpr learner_knobs learner_knobs_of(const Knobs& k) {
  return {.tokens = k.tokens, .batch = k.batch, .chunk = k.chunk, .takes_turns = k.takes_turns};
}

template <learner_knobs Knobs>
struct learner_knobs_check {
  static_assert(
      Knobs.are_sound(),
      "mote: a learning policy has a knob of nought; .tokens is 2 or more, .batch and .chunk are 1 or more [mote-learning-knobs]");
};
/// What is wrong with them; void where all is well.
template <learner_knobs Knobs>
using learner_knobs_fault = unless<Knobs.are_sound(), learner_knobs_check<Knobs>>;

}  // namespace mote::inline v0
