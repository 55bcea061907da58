// SPDX-License-Identifier: BSL-1.0
// The four knobs that every learning policy has: the sizes of a lesson, and whether an answer may run during one. A
// policy's own struct of knobs repeats them by name, with its own defaults, and learner_knobs_of() copies them out:
//   struct your_knobs { float strength = 1; std::size_t tokens = 64, batch = 1, chunk = 8; bool takes_turns = false; };
// Refuses a base class for them: a designated initializer cannot name a member of a base, and {.tokens = 32} must work.
#pragma once

#include <cstddef>

#include "mote/core/check.hpp"

namespace mote::inline v0 {

struct learner_knobs {
  std::size_t tokens = 64;   ///< longest example, control tokens included
  std::size_t batch = 1;     ///< examples for one step of the optimizer
  std::size_t chunk = 8;     ///< tokens that go through a layer together
  bool takes_turns = false;  ///< true: an answer may run between two portions of a lesson

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
/// The check that fails for these knobs; void if they are sound.
template <learner_knobs Knobs>
using learner_knobs_fault = unless<Knobs.are_sound(), learner_knobs_check<Knobs>>;

}  // namespace mote::inline v0
